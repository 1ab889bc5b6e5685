import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path';
import { InputError } from '../../errors.js';
import { select } from '../dataset.js';
import { FileTable, ImageFiles } from '../images/index.js';
import { Collector, IntList } from './collect.js';
import type { Found, Layout, LayoutOptions } from './layout.js';
import { classNamesIn, isFile, isFolder } from './places.js';
import { type ListedImage, readList } from './records.js';
import { repeatsOf } from './repeats.js';
import { SPLIT_NAMES, splitNamed } from './split-words.js';
import { sortedClasses } from './webdataset.js';

const LIST = /\.(csv|tsv|jsonl|ndjson)$/i;
/** What lists the images of a folder, as Hugging Face's image folders have it. */
const METADATA = ['metadata.csv', 'metadata.jsonl'] as const;

/** A list of images: their paths, labels and maybe splits, a line each. */
export const manifest: Layout = {
  title: 'a list of paths and labels: CSV, TSV or JSONL',
  argument: 'LIST.csv',
  matches: (place) => (LIST.test(place) && isFile(place)) || listsIn(place).length > 0,
  load: (place, options) =>
    isFolder(place) ? read(place, listsIn(place), options) : read(place, [{ file: place }], options),
};

interface List {
  file: string;
  /** Of all that it lists. */
  split?: string;
}

/** Lists that describe a folder: its own, or those of its splits. */
function listsIn(folder: string): List[] {
  if (!isFolder(folder)) return [];
  const in_ = (place: string) => METADATA.map((name) => join(place, name)).find(isFile);
  const own = in_(folder);
  if (own !== undefined) return [{ file: own }];
  return SPLIT_NAMES.flatMap((name) => {
    const file = in_(join(folder, name));
    return file === undefined ? [] : [{ file, split: splitNamed(name)! }];
  });
}

async function read(place: string, lists: readonly List[], options: LayoutOptions): Promise<Found> {
  const table = new FileTable();
  const collector = new Collector();
  const lines = new IntList();
  for (const { file, split } of lists) {
    const add = adderOf(table, file, options);
    await readList(file, options, (image) => {
      add(image);
      lines.add(image.line);
      collector.add(table.length - 1, split ?? splitOf(image, file), image.label);
    });
  }
  if (table.length === 0)
    throw new InputError(`${lists[0]!.file} lists no images: it has a header and nothing else.`);
  const counting = countingRows(table, collector, lines.values, place);
  const folder = isFolder(place) ? place : dirname(place);
  const numbered = collector.classes.every((name) => /^\d+$/.test(name));
  const names = numbered ? classNamesIn(folder, (path) => readFileSync(path, 'utf8')) : undefined;
  const [split] = collector.splits;
  const { classes, splits } = collector.found(new ImageFiles(table), sortedClasses(collector.classes));
  return {
    name: basename(resolve(place)).replace(LIST, ''),
    origin: resolve(folder),
    classes: names ? classes.map((label) => nameOf(label, names, place)) : classes,
    splits: counting ? { [split!]: select(splits[split!]!, counting) } : splits,
  };
}

function nameOf(label: string, names: readonly string[], place: string): string {
  const name = names[Number(label)];
  if (name !== undefined) return name;
  throw new InputError(
    `${place} has the label ${label}, and the file beside it names classes 0..${names.length - 1}.`,
  );
}

/** Adds the paths of a list to a table. What is found of a folder holds for all files in it: it is looked at once. */
function adderOf(table: FileTable, file: string, options: LayoutOptions): (image: ListedImage) => void {
  const root = dirname(resolve(file));
  const folders = new Map<string, number>();
  return (image) => {
    const cut = image.path.lastIndexOf('/') + 1;
    const [folder, name] = [image.path.slice(0, cut), image.path.slice(cut)];
    let known = folders.get(folder);
    if (known === undefined || name === '' || name === '.' || name === '..') {
      const path = pathOf(image, file, root, options);
      known = table.addFolder(dirname(path));
      table.add(known, basename(path));
      // Of a path that ends in .., the folder is another one.
      if (basename(path) === name) folders.set(folder, known);
    } else table.add(known, name);
  };
}

/** A path is meant from the list's own folder, and does not climb out of it. */
function pathOf(
  { path, line }: ListedImage,
  file: string,
  root: string,
  { followLinks = false }: LayoutOptions,
): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new InputError(
      `${file}, line ${line}: '${path}' is an address. Download the images first, and list their paths.`,
    );
  }
  if (isAbsolute(path)) return normalize(path);
  const whole = join(root, path);
  if (whole.startsWith(root.endsWith(sep) ? root : root + sep) || followLinks) return whole;
  throw new InputError(
    `${file}, line ${line}: '${path}' lies outside of the list's folder. Move the list up, or allow it with --follow-links.`,
  );
}

function splitOf({ split, line }: ListedImage, file: string): string {
  if (split === undefined) return 'all';
  const known = splitNamed(split);
  if (known) return known;
  throw new InputError(`${file}, line ${line}: '${split}' is no split. Expected train, val or test.`);
}

/**
 * The rows that count, where some do not: an image that is listed again would be held out and trained on, where chance divides
 * a list. In a list with splits of its own it is an image seen twice.
 *
 * @throws InputError for an image with two labels, or in train and in a split that is held out
 */
function countingRows(
  table: FileTable,
  collector: Collector,
  lines: Int32Array,
  place: string,
): Int32Array | undefined {
  const { length } = table;
  const [labels, splits] = [collector.labelsByRow(length), collector.splitsByRow(length)];
  const { classes, splits: names } = collector;
  const again = new Set<number>();
  for (const [first, later] of repeatsOf(length, (row) => table.pathOf(row))) {
    const contradiction = (what: string, one: string, other: string) =>
      new InputError(
        `${place} gives ${table.pathOf(first)} two ${what}: ${one} in line ${lines[first]}, ${other} in line ${lines[later]}. ` +
          'Correct one of them.',
      );
    if (labels[first] !== labels[later])
      throw contradiction('labels', classes[labels[first]!]!, classes[labels[later]!]!);
    const [own, other] = [names[splits[first]!]!, names[splits[later]!]!];
    if (own !== other && (own === 'train' || other === 'train')) throw contradiction('splits', own, other);
    again.add(later);
  }
  if (again.size === 0 || names.length > 1) return undefined;
  return Int32Array.from({ length }, (_, row) => row).filter((row) => !again.has(row));
}
