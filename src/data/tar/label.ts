/** What a sample's label is in, in the order in which they are looked for. */
export const SIDECARS = ['cls', 'json', 'txt'] as const;
export type Sidecar = (typeof SIDECARS)[number];

/** Keys that a label goes by in a sample's JSON. */
export const LABEL_KEYS = ['label', 'cls', 'class', 'class_name', 'target'] as const;
/** Bytes of a sidecar; what is longer holds no label. */
export const MOST_SIDECAR = 1 << 20;
/** Characters of a label: what is longer is a description. */
const MOST_LABEL = 500;

export const isSidecar = (ending: string): ending is Sidecar =>
  (SIDECARS as readonly string[]).includes(ending);

/** A file's name up to the first dot of its last part, and what follows: what WebDataset calls key and extension. */
export function partsOf(name: string): { key: string; ending: string } {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return dot < 0
    ? { key: name, ending: '' }
    : { key: name.slice(0, dot), ending: name.slice(dot + 1).toLowerCase() };
}

/** What a file beside an image says: a label, why it cannot be one, or neither. */
export interface Said {
  label?: string;
  wrong?: string;
}

/** @param content undefined where the file is larger than {@link MOST_SIDECAR} */
export function saidBy(kind: Sidecar, size: number, content?: Buffer): Said {
  if (!content) return { wrong: `has a .${kind} of ${size} bytes, which is no label` };
  const text = content.toString('utf8').trim();
  const found = kind === 'json' ? saidByJson(text) : { label: text };
  const { label } = found;
  if (label === undefined) return found;
  if (label !== '' && label.length <= MOST_LABEL && !label.includes('\n')) return { label };
  return { wrong: `has a .${kind} that is no label: '${label.slice(0, 40)}'` };
}

function saidByJson(text: string): Said {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return { wrong: 'has a .json that is none' };
  }
  if (typeof fields !== 'object' || fields === null) return { wrong: 'has a .json that is no object' };
  const key = LABEL_KEYS.find((each) => each in fields);
  const value = key && (fields as Record<string, unknown>)[key];
  return typeof value === 'string' || typeof value === 'number' ? { label: String(value) } : {};
}

/** As one text, to be kept in a table. */
export const packed = ({ label, wrong }: Said): string =>
  label !== undefined ? `=${label}` : wrong !== undefined ? `!${wrong}` : '';

export function unpacked(text: string): Said {
  if (text === '') return {};
  return text[0] === '=' ? { label: text.slice(1) } : { wrong: text.slice(1) };
}
