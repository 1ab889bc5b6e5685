import { damaged } from '../bytes/damaged.js';
import { InputError } from '../errors.js';
import type { WeightType } from '../model/weights.js';
import { ELEMENT_BYTES, elementCount, isShape } from './tensor-types.js';

/** Names of element types in a safetensors header. */
export const TYPE_NAMES: Readonly<Record<WeightType, string>> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
  int32: 'I32',
  int64: 'I64',
  uint8: 'U8',
  bool: 'BOOL',
};

/** One tensor of a header: its place is in bytes from the header's end. */
export interface HeaderEntry {
  name: string;
  dtype: WeightType;
  shape: readonly number[];
  begin: number;
  end: number;
}

const TYPES = new Map(Object.entries(TYPE_NAMES).map(([dtype, name]) => [name, dtype as WeightType]));

/**
 * Reads and checks a header: every tensor's bytes are those of its shape and type, and all of them together
 * fill `dataLength` without a gap and without an overlap, as the format demands.
 */
export function parseHeader(
  path: string,
  text: string,
  dataLength: number,
): { entries: HeaderEntry[]; metadata: Record<string, string> } {
  const header = parseJson(path, text);
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = parseMetadata(path, value);
    else entries.push(parseEntry(path, name, value));
  }
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end)
      throw damaged(path, `tensor '${entry.name}' at byte ${end}`, `byte ${entry.begin}`);
    end = entry.end;
  }
  if (end !== dataLength) throw damaged(path, `${end} bytes of tensors`, `${dataLength}`);
  return { entries, metadata };
}

function parseJson(path: string, text: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw damaged(path, 'a header in JSON', (error as Error).message);
  }
  if (!isRecord(header)) throw damaged(path, 'a header that is a JSON object', 'something else');
  return header;
}

function parseMetadata(path: string, value: unknown): Record<string, string> {
  if (!isRecord(value) || !Object.values(value).every((entry) => typeof entry === 'string')) {
    throw damaged(path, 'metadata that map strings to strings', 'something else');
  }
  return value as Record<string, string>;
}

function parseEntry(path: string, name: string, value: unknown): HeaderEntry {
  const { dtype: typeName, shape, data_offsets: place } = isRecord(value) ? value : {};
  if (typeof typeName !== 'string' || !isShape(shape) || !isShape(place) || place.length !== 2) {
    throw damaged(
      path,
      `dtype, shape and data_offsets of tensor '${name}'`,
      JSON.stringify(value).slice(0, 200),
    );
  }
  const dtype = TYPES.get(typeName);
  if (dtype === undefined) {
    throw new InputError(
      `Tensor '${name}' of ${path} has element type '${typeName}'; these are read: ${[...TYPES.keys()].join(', ')}.`,
    );
  }
  const [begin, end] = place as [number, number];
  const length = elementCount(shape) * ELEMENT_BYTES[dtype];
  if (end - begin !== length) {
    throw damaged(path, `${length} bytes for tensor '${name}' of ${typeName} [${shape}]`, `${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
