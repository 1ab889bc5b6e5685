import type { Dataset, Task } from '../data/dataset.js';
import { invalid } from '../errors.js';

/** The splits of a task, by the names that it has for them; `test` is what is held out, whatever it was called. */
export type SplitName = 'train' | 'test';

/** An image, as reports name it. */
export interface ImageRef {
  split: SplitName;
  /** Its row in that split. */
  row: number;
  class: string;
  /** Relative to where the task came from. */
  name: string;
}

/** The images of a task that are looked at: those of the training split first, then those held out. */
export interface Sample {
  readonly length: number;
  /** How many of them are of the training split. */
  readonly trainLength: number;
  /** Images of the whole task. */
  readonly total: number;
  /** Class index of an image. */
  labelOf(index: number): number;
  splitOf(index: number): SplitName;
  /** Where an image is: its split, and its row in it. */
  placeOf(index: number): { dataset: Dataset; row: number };
  refOf(index: number): ImageRef;
}

/**
 * All images of a task, or where there are more than `most` so many of them: evenly spread over each split, the splits in
 * proportion.
 *
 * @param most 1 or more
 * @throws InputError when `most` is not a positive integer
 */
export function sampleOf(task: Task, most: number): Sample {
  if (!Number.isSafeInteger(most) || most < 1) throw invalid('--sample', 'a whole number of 1 or more', most);
  const { train, test, classes } = task;
  const total = train.length + test.length;
  const length = Math.min(most, total);
  const trainLength = Math.min(train.length, Math.round((length * train.length) / total));
  const splitOf = (index: number): SplitName => (index < trainLength ? 'train' : 'test');
  const placeOf = (index: number) => {
    const isTrain = index < trainLength;
    const dataset = isTrain ? train : test;
    const [at, of] = isTrain ? [index, trainLength] : [index - trainLength, length - trainLength];
    return { dataset, row: Math.floor((at * dataset.length) / of) };
  };
  const labelOf = (index: number) => {
    const { dataset, row } = placeOf(index);
    return dataset.labels[row]!;
  };
  const refOf = (index: number): ImageRef => {
    const { dataset, row } = placeOf(index);
    const split = splitOf(index);
    return { split, row, class: classes[labelOf(index)]!, name: nameOf(dataset, row, { split, task }) };
  };
  return { length, trainLength, total, labelOf, splitOf, placeOf, refOf };
}

function nameOf({ source }: Dataset, row: number, { split, task }: { split: SplitName; task: Task }): string {
  if (source.kind !== 'encoded') return `${split === 'train' ? 'training' : 'held-out'} image ${row}`;
  const name = source.images.nameOf(row);
  const { origin } = task;
  if (origin === undefined || !name.startsWith(origin)) return name;
  const rest = name.slice(origin.length);
  // `photos2/a.jpg` is not in `photos`.
  return /^[/\\]/.test(rest) ? rest.slice(1) : rest.startsWith(': ') ? rest.slice(2) : name;
}
