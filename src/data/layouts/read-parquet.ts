import { join } from 'node:path';
import PQueue from 'p-queue';
import { InputError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { type ParquetColumn, ParquetImages, ParquetTable } from '../images/index.js';
import {
  type ClassNames,
  type ColumnOptions,
  findColumns,
  NO_LABEL,
  piecesOf,
  readLabels,
  withParquet,
} from '../parquet/index.js';
import type { Found } from './layout.js';

/** Files whose footers and labels are read at once. */
const AT_ONCE = 4;
/** What Hugging Face writes where the labels of a split are kept back. */
const KEPT_BACK = -1;

/** What was read of one file. */
interface ReadFile extends ParquetColumn {
  split: string;
  labels: Int32Array;
  /** Names of the columns and the classes: the same in all files. */
  kind: { columns: string; classes?: readonly string[]; isNamed: boolean };
}

/**
 * Data sets of parquet files. Only their footers and labels are read; splits without any labels are left out.
 *
 * @param splits paths below `root` by the split that they are of
 * @param options the columns, and `classes`: their names where labels are indices and the files name none
 * @throws InputError that names the file, and the row in it: columns that cannot be told, files that differ, labels
 * beyond the classes
 */
export async function readParquet(
  root: string,
  splits: ReadonlyMap<string, readonly string[]>,
  { classes: usual, ...options }: ColumnOptions & { classes?: readonly string[] },
): Promise<Pick<Found, 'classes' | 'splits'>> {
  const names: ClassNames = new Map();
  const queue = new PQueue({ concurrency: AT_ONCE });
  const reads = [...splits].flatMap(([split, paths]) =>
    paths.map((path) => queue.add(() => readFile(join(root, path), split, names, options))),
  );
  const all = await Promise.all(reads);
  const [first] = all;
  if (!first) throw new InputError(`There are no parquet files in ${root}.`);
  for (const file of all) checkAlike(first, file);
  const files = [...splits.keys()]
    .map((split) => all.filter((file) => file.split === split))
    .filter((own) => !own.every(hasNoLabels))
    .flat();
  if (files.length === 0)
    throw new InputError(`${root} has no labels: its column ${first.kind.columns} says -1.`);
  const { classes, labelOf } = first.kind.isNamed
    ? byName(names)
    : byIndex(files, first.kind.classes ?? usual);
  return { classes, splits: dataSets(files, classes, labelOf) };
}

async function readFile(
  path: string,
  split: string,
  names: ClassNames,
  options: ColumnOptions,
): Promise<ReadFile> {
  return withParquet(path, async (file) => {
    const { image, label, classes, isNamed } = findColumns(file, options);
    const columns = `${image.title} and ${label.title}`;
    return {
      path,
      split,
      column: image,
      pieces: await piecesOf(file, image),
      labels: await readLabels(file, label, names),
      kind: { columns, isNamed, ...(classes && { classes }) },
    };
  });
}

function checkAlike(first: ReadFile, { path, kind }: ReadFile): void {
  const { columns, classes, isNamed } = first.kind;
  if (kind.columns !== columns || kind.isNamed !== isNamed) {
    throw new InputError(
      `${path} has images and labels in the columns ${kind.columns}${kind.isNamed ? ' (text)' : ''}; ` +
        `${first.path} has ${columns}${isNamed ? ' (text)' : ''}. Files of one data set need the same columns.`,
    );
  }
  if (kind.classes?.join('\n') !== classes?.join('\n'))
    throw new InputError(`${path} names other classes than ${first.path}. They are of two data sets.`);
}

const hasNoLabels = ({ labels }: ReadFile): boolean =>
  labels.length > 0 && labels.every((label) => label === KEPT_BACK || label === NO_LABEL);

/** A class by a label of a file; undefined where it is none. */
type LabelOf = (label: number) => number | undefined;

function byName(names: ClassNames): { classes: string[]; labelOf: LabelOf } {
  const classes = [...names.keys()].sort();
  const places = new Map(classes.map((name, place) => [name, place]));
  const placeOf = Int32Array.from(names.keys(), (name) => places.get(name)!);
  return { classes, labelOf: (label) => placeOf[label] };
}

function byIndex(
  files: readonly ReadFile[],
  classes: readonly string[] | undefined,
): { classes: readonly string[]; labelOf: LabelOf } {
  if (classes)
    return { classes, labelOf: (label) => (label >= 0 && label < classes.length ? label : undefined) };
  // Nobody names the classes: they are what labels there are, whether they begin at 0 or not.
  const known = new Set<number>();
  for (const { labels } of files) for (const label of labels) known.add(label);
  known.delete(NO_LABEL);
  const sorted = [...known].sort((a, b) => a - b);
  const places = new Map(sorted.map((label, place) => [label, place]));
  return { classes: sorted.map(String), labelOf: (label) => places.get(label) };
}

function dataSets(
  files: readonly ReadFile[],
  classes: readonly string[],
  labelOf: LabelOf,
): Record<string, Dataset> {
  const table = new ParquetTable(files);
  const splits: Record<string, Dataset> = {};
  let row = 0;
  for (const split of new Set(files.map((file) => file.split))) {
    const own = files.filter((file) => file.split === split);
    const length = own.reduce((sum, { labels }) => sum + labels.length, 0);
    const labels = new Int32Array(length);
    const rows = Int32Array.from(labels, (_, i) => row + i);
    row += length;
    let at = 0;
    for (const { path, labels: given } of own) {
      for (const [i, label] of given.entries()) {
        const place = labelOf(label);
        if (place === undefined) throw strange(`${path}: row ${i}`, label, classes.length);
        labels[at++] = place;
      }
    }
    splits[split] = { length, labels, source: { kind: 'encoded', images: new ParquetImages(table, rows) } };
  }
  return splits;
}

function strange(where: string, label: number, classes: number): InputError {
  if (label === NO_LABEL) return new InputError(`${where} has no label. Give it one, or take the row out.`);
  return new InputError(`${where} has the label ${label}; its classes are 0..${classes - 1}. Correct it.`);
}
