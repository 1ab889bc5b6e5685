import { InputError, unknownName } from '../errors.js';
import type { Dataset, Source, Task } from './dataset.js';
import { JoinedImages } from './images/index.js';

/** Which images of a task are meant: those held out, those to train on, or both. */
export const SPLITS = ['test', 'train', 'all'] as const;

/** A name of {@link SPLITS}. */
export type Split = (typeof SPLITS)[number];

/**
 * The images of a split; of `all`, those to train on come first.
 *
 * @throws InputError for another name, and for splits that cannot be put together
 */
export function imagesOf(task: Task, split: Split): Dataset {
  if (!SPLITS.includes(split)) throw unknownName('split', split, SPLITS);
  if (split !== 'all') return task[split];
  const { train, test } = task;
  const labels = new Int32Array(train.length + test.length);
  labels.set(train.labels);
  labels.set(test.labels, train.length);
  return { length: labels.length, labels, source: joined(train.source, test.source, task.name) };
}

function joined(first: Source, second: Source, name: string): Source {
  if (first.kind === 'encoded' && second.kind === 'encoded')
    return { kind: 'encoded', images: new JoinedImages(first.images, second.images) };
  if (first.kind === 'array' && second.kind === 'array') {
    const { height, width } = first;
    if (height === second.height && width === second.width) {
      const pixels = new Uint8Array(first.pixels.length + second.pixels.length);
      pixels.set(first.pixels);
      pixels.set(second.pixels, first.pixels.length);
      return { kind: 'array', pixels, height, width };
    }
  }
  throw new InputError(
    `The two splits of ${name} hold images of different kinds or sizes: name one, train or test.`,
  );
}
