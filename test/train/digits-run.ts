import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from '../../src/data/dataset.js';
import { loadTask } from '../../src/data/tasks/index.js';
import type { Model } from '../../src/model/index.js';
import type { RecipeInput } from '../../src/recipe/index.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import type { StepEvent, TrainEvent } from '../../src/train/index.js';
import { smallModel } from './small-network.js';

/** 200 images to train on. */
export const digits = await loadTask('digits', { limit: 200 });
/** The same with 60 images held out. */
export const task: Task = {
  ...digits,
  test: { ...digits.test, length: 60, labels: digits.test.labels.slice(0, 60) },
};
/** Ten steps an epoch. */
export const recipe: Partial<RecipeInput> = {
  batchSize: 20,
  epochs: 3,
  learningRate: 0.05,
  rho: 0.05,
  optimizer: 'nesterov',
  warmupEpochs: 0.5,
  augment: ['flip', 'crop'],
  clipNorm: 1,
  seed: 3,
};

/** A network for digits, the same at each call. */
export function newModel(): Model {
  const model = smallModel({ classes: 10, dropout: 0.2, dropConnect: 0.2, seed: 1 });
  return Object.assign(model, { labels: digits.classes });
}

/** The last checkpoint of a run. */
export const checkpointOf = (out: string) => readCheckpoint(join(out, 'checkpoints', 'last.safetensors'));
/** What a run has logged. */
export const eventsOf = (out: string): TrainEvent[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
/** The steps among events. */
export const stepsOf = (events: TrainEvent[]) =>
  events.filter((event): event is StepEvent => event.event === 'step');
/** What of an event does not depend on how fast the machine is. */
export const lasting = (events: TrainEvent[]) =>
  events.map((event) => ({ ...event, imagesPerSecond: undefined, seconds: undefined }));
