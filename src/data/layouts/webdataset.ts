import { InputError } from '../../errors.js';
import { type TarFiles, TarImages } from '../images/index.js';
import { Collector } from './collect.js';
import { isImage } from './image-files.js';
import type { Found } from './layout.js';

/** What a sample's label is in, in the order in which they are looked for. */
const SIDECARS = ['cls', 'json', 'txt'] as const;
type Sidecar = (typeof SIDECARS)[number];
/** Keys that a label goes by in a sample's JSON. */
const KEYS = ['label', 'cls', 'class', 'class_name', 'target'] as const;
/** Files that tell whether an archive holds samples. */
const FIRST = 100;
/** A label is short: what is longer is something else. */
const MOST_LABEL = 1 << 20;

interface SampleOptions {
  /** The split of each archive; undefined where its name says nothing. */
  splits: readonly (string | undefined)[];
  /** Names of the classes that are numbers: line i names class i. */
  names?: readonly string[];
}

/** A file's name up to the first dot of its last part, and what follows: what WebDataset calls key and extension. */
function partsOf(name: string): { key: string; ending: string } {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return dot < 0
    ? { key: name, ending: '' }
    : { key: name.slice(0, dot), ending: name.slice(dot + 1).toLowerCase() };
}

const isSidecar = (ending: string): ending is Sidecar => (SIDECARS as readonly string[]).includes(ending);

/** Whether archives hold WebDataset's samples: an image with its label beside it, under one key. */
export function holdsSamples({ indexes }: TarFiles): boolean {
  const [first] = indexes;
  if (!first) return false;
  const keys = new Map<string, Set<string>>();
  for (let member = 0; member < Math.min(FIRST, first.names.length); member++) {
    const { key, ending } = partsOf(first.names.at(member));
    keys.set(key, (keys.get(key) ?? new Set()).add(ending));
  }
  return [...keys.values()].some(
    (endings) => [...endings].some(isSidecar) && [...endings].some((ending) => isImage(`x.${ending}`)),
  );
}

/**
 * WebDataset's samples: files of one key, one behind the other. Labels are read here, images later.
 *
 * @throws InputError that names the archive and the key: no image, two of them, no label, a label that makes no sense
 */
export async function readSamples(
  files: TarFiles,
  { splits, names }: SampleOptions,
): Promise<Pick<Found, 'classes' | 'splits'>> {
  const collector = new Collector();
  let row = 0;
  for (const [i, { names: members, path }] of files.indexes.entries()) {
    let sample: Sample | undefined;
    const finish = async () => {
      if (!sample) return;
      const { image } = sample;
      const wrong = (what: string) => new InputError(`${path}: the sample ${sample!.key} ${what}.`);
      if (image === undefined) throw wrong('has no image');
      const label = await labelOf(sample, files, wrong);
      collector.add(image, splits[i] ?? 'all', named(label, names, wrong));
    };
    for (let member = 0; member < members.length; member++, row++) {
      const { key, ending } = partsOf(members.at(member));
      if (key.slice(key.lastIndexOf('/') + 1) === '' || !(isSidecar(ending) || isImage(`x.${ending}`)))
        continue;
      if (sample?.key !== key) {
        await finish();
        sample = { key, sidecars: {} };
      }
      if (isSidecar(ending)) sample.sidecars[ending] = row;
      else if (sample.image === undefined) sample.image = row;
      else throw new InputError(`${path}: the sample ${key} has two images. One of them is needed.`);
    }
    await finish();
  }
  const all = new TarImages(
    files,
    Int32Array.from({ length: files.length }, (_, file) => file),
  );
  return collector.found(all, sortedClasses(collector.classes, names));
}

interface Sample {
  key: string;
  /** Row of its image. */
  image?: number;
  /** Rows of what may hold its label. */
  sidecars: Partial<Record<Sidecar, number>>;
}

async function labelOf(
  { sidecars }: Sample,
  files: TarFiles,
  wrong: (what: string) => Error,
): Promise<string> {
  for (const kind of SIDECARS) {
    const row = sidecars[kind];
    if (row === undefined) continue;
    const content = await files.read(row);
    if (content.length > MOST_LABEL)
      throw wrong(`has a .${kind} of ${content.length} bytes, which is no label`);
    const text = Buffer.from(content).toString('utf8').trim();
    const label = kind === 'json' ? labelIn(text, wrong) : text;
    if (label === undefined) continue;
    if (label === '' || label.includes('\n'))
      throw wrong(`has a .${kind} that is no label: '${label.slice(0, 40)}'`);
    return label;
  }
  throw wrong(`has no label: expected one in .cls, .txt, or .json (${KEYS.join(', ')})`);
}

function labelIn(text: string, wrong: (what: string) => Error): string | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    throw wrong('has a .json that is none');
  }
  if (typeof fields !== 'object' || fields === null) throw wrong('has a .json that is no object');
  const key = KEYS.find((each) => each in fields);
  const value = key && (fields as Record<string, unknown>)[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** A class by its name; a number is one of `names`, where there are some. */
function named(label: string, names: readonly string[] | undefined, wrong: (what: string) => Error): string {
  if (!names || !/^\d+$/.test(label)) return label;
  const name = names[Number(label)];
  if (name === undefined)
    throw wrong(`has the label ${label}, and there are names for 0..${names.length - 1}`);
  return name;
}

/** In the order of the names given; numbers by size; else by code units. */
export function sortedClasses(classes: readonly string[], names?: readonly string[]): string[] {
  if (names && classes.every((each) => names.includes(each)))
    return names.filter((name) => classes.includes(name));
  if (classes.every((each) => /^-?\d+$/.test(each))) return classes.toSorted((a, b) => Number(a) - Number(b));
  return classes.toSorted();
}
