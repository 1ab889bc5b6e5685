import { type Feeds, Fragment, Tensor } from '../../tensorflow/index.js';
import { BATCH } from './batch.js';
import { SOUND } from './finish.js';
import type { Group } from './groups.js';
import type { StepInput } from './options.js';
import type { Plan } from './plan.js';

/** The parameters of a step besides its images, as a fragment. */
export function scalarsFragment(): Fragment {
  const f = new Fragment();
  for (const name of ['learning_rate', 'updates', 'rho', 'loss_scale']) f.input(name, 'float32', []);
  f.input(SOUND, 'bool', []);
  return f;
}

/** What all runs of a step are fed. The caller disposes of the tensors. */
export function scalarsOf(
  { step, updates = step, learningRate, rho, lossScale = 1, mixing = true }: StepInput,
  seed: number,
): Feeds {
  const scalar = (value: number) => Tensor.from('float32', [value], []);
  return [
    [`batch/${BATCH.seed}`, Tensor.from('int64', [BigInt(seed >>> 0), BigInt(step)])],
    [`batch/${BATCH.mixing}`, scalar(mixing ? 1 : 0)],
    ['learning_rate', scalar(learningRate)],
    ['updates', scalar(updates + 1)],
    ['rho', scalar(rho)],
    ['loss_scale', scalar(lossScale)],
  ];
}

/** What one run of a step is fed. */
export const feedsOf = (group: Group, place: Tensor, shared: Feeds): Feeds => [
  [`batch/${BATCH.pixels}`, group.images],
  [`batch/${BATCH.labels}`, group.labels],
  [`batch/${BATCH.first}`, place],
  ...shared,
];

/**
 * Places within the update of the images that the pass at w takes.
 *
 * @param ascent images of a sub-batch that it takes; undefined: all
 */
export function predictedPlaces(
  groups: readonly Group[],
  { subBatch, replicas }: Plan,
  ascent: number | undefined,
): Int32Array {
  return Int32Array.from(
    groups.flatMap(({ first, labels }) => {
      const size = subBatch || labels.shape[0]!;
      const taken = ascent ?? size;
      return Array.from({ length: replicas * taken }, (_, i) => {
        const branch = Math.floor(i / taken);
        return first + branch * size + (i % taken);
      });
    }),
  );
}
