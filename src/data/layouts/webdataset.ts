import { InputError } from '../../errors.js';
import { type TarFiles, TarImages } from '../images/index.js';
import { isSidecar, LABEL_KEYS, partsOf, type Said, SIDECARS, type Sidecar, unpacked } from '../tar/index.js';
import { Collector } from './collect.js';
import { isHidden, isImage } from './image-files.js';
import type { Found } from './layout.js';

/** Files that tell whether an archive holds samples. */
const FIRST = 100;

interface SampleOptions {
  /** The split of each archive; undefined where its name says nothing. */
  splits: readonly (string | undefined)[];
  /** Names of the classes that are numbers: line i names class i. */
  names?: readonly string[] | undefined;
}

/**
 * Whether archives hold WebDataset's samples: an image with its label beside it, under one key. What lies beside images in
 * folders and says no label is about them in another way: the folders are the classes.
 */
export function holdsSamples({ indexes }: TarFiles): boolean {
  const [first] = indexes;
  if (!first) return false;
  const images = new Set<string>();
  const labelled = new Set<string>();
  let sidecar = 0;
  for (let member = 0; member < Math.min(FIRST, first.names.length); member++) {
    const { key, ending } = partsOf(first.names.at(member));
    if (isImage(`x.${ending}`)) images.add(key);
    if (isSidecar(ending) && (first.said.at(sidecar++) !== '' || !key.includes('/'))) labelled.add(key);
  }
  return [...images].some((key) => labelled.has(key));
}

/**
 * WebDataset's samples: files of one key, one behind the other.
 *
 * @throws InputError that names the archive and the key: no image, two of them, no label, a label that makes no sense
 */
export function readSamples(
  files: TarFiles,
  { splits, names }: SampleOptions,
): Pick<Found, 'classes' | 'splits'> {
  const collector = new Collector();
  const nameOf = namer(names);
  let row = 0;
  for (const [i, { names: members, path, said }] of files.indexes.entries()) {
    let sample: Sample | undefined;
    let sidecar = 0;
    const finish = () => {
      if (!sample) return;
      const { key, image } = sample;
      const wrong = (what: string) => new InputError(`${path}: the sample ${key} ${what}.`);
      if (image === undefined) throw wrong('has no image');
      collector.add(image, splits[i] ?? 'all', nameOf(labelOf(sample, wrong), wrong));
    };
    for (let member = 0; member < members.length; member++, row++) {
      const name = members.at(member);
      const { key, ending } = partsOf(name);
      const own = isSidecar(ending) ? said.at(sidecar++) : undefined;
      if (isHidden(name) || (own === undefined && !isImage(`x.${ending}`))) continue;
      if (sample?.key !== key) {
        finish();
        sample = { key, said: {} };
      }
      if (own !== undefined) sample.said[ending as Sidecar] = unpacked(own);
      else if (sample.image === undefined) sample.image = row;
      else throw new InputError(`${path}: the sample ${key} has two images. One of them is needed.`);
    }
    finish();
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
  /** By what may hold its label. */
  said: Partial<Record<Sidecar, Said>>;
}

function labelOf({ said }: Sample, wrong: (what: string) => Error): string {
  for (const kind of SIDECARS) {
    const { label, wrong: why } = said[kind] ?? {};
    if (why !== undefined) throw wrong(why);
    if (label !== undefined) return label;
  }
  throw wrong(`has no label: expected one in .cls, .txt, or .json (${LABEL_KEYS.join(', ')})`);
}

/** Gives a class by its label: where there are `names`, it is the number of one, or one of them. */
function namer(names?: readonly string[]): (label: string, wrong: (what: string) => Error) => string {
  if (!names) return (label) => label;
  const known = new Set(names);
  return (label, wrong) => {
    const name = /^\d+$/.test(label) ? names[Number(label)] : known.has(label) ? label : undefined;
    if (name !== undefined) return name;
    throw wrong(
      `has the label ${label}, and there are names for 0..${names.length - 1}: ${names[0]} to ${names.at(-1)}`,
    );
  };
}

/** All of the names given, where they cover the classes: line i stays class i. Else numbers by size, or by code units. */
export function sortedClasses(classes: readonly string[], names: readonly string[] = []): string[] {
  const known = new Set(names);
  if (known.size > 0 && classes.every((each) => known.has(each))) return [...names];
  if (classes.every((each) => /^-?\d+$/.test(each))) return classes.toSorted((a, b) => Number(a) - Number(b));
  return classes.toSorted();
}
