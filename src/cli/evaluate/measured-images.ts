import type { Task } from '../../data/dataset.js';
import type { Split } from '../../data/images-of.js';
import { count, counted } from '../output.js';
import type { CountTrainedOn } from './trained-on.js';

/** A model, and what is known of the images that it was trained on. */
export interface Trained {
  model: string;
  countIn: CountTrainedOn | undefined;
}

/**
 * The split that is meant where none is named: the one held out where the data has one, or where a model was trained on the rest;
 * of pictures that no model was trained on, all.
 */
export function splitFor({ isDivided = false }: Task, models: readonly Trained[]): Split {
  if (!isDivided || models.some(({ countIn }) => countIn && countIn('all') > 0)) return 'test';
  return 'all';
}

/** How many images are measured, and which. */
export function imagesText({ isDivided = false, train, test }: Task, split: Split): string {
  const all = count(train.length + test.length);
  switch (split) {
    case 'all':
      return isDivided ? `${all}: all there are` : `${all}: all there are, held out or not`;
    case 'train':
      return `${count(train.length)}: those to train on`;
    case 'test':
      return isDivided
        ? `${count(test.length)}: held out by chance, of ${all}`
        : `${count(test.length)}: those held out`;
  }
}

/** What a reader has to know where images were trained on, or may have been; undefined where there is nothing. */
export function warningText(
  { isDivided = false }: Task,
  split: Split,
  models: readonly Trained[],
): string | undefined {
  const told = models.flatMap(({ model, countIn }) => {
    if (!countIn)
      return isDivided || split !== 'test'
        ? [`${model} does not tell what it was trained on: these images may be among it`]
        : [];
    const trainedOn = countIn(split);
    return trainedOn === 0
      ? []
      : [`${model} was trained on ${counted(trainedOn, 'image')} of these: it does worse on new ones`];
  });
  return told.length === 0 ? undefined : told.join('; ');
}
