import { createHash } from 'node:crypto';
import { InputError, invalid } from '../../errors.js';
import { parseNamed } from '../../named.js';
import type { Task } from '../dataset.js';
import { Random } from '../random.js';
import { LABEL_NOISES, type LabelNoise } from './kinds.js';
import type { NoisyLabels } from './noisy-labels.js';

/** A task whose training labels were changed on purpose. */
export interface NoisyTask extends Task {
  noise: NoisyLabels;
}

/** Which of the seed's numbers are for label noise: none of `STREAMS`. */
export const NOISE_STREAM = 16;

/**
 * The same task with noise in its training labels; images and held-out labels stay as they are. A pure function of task,
 * noise and seed. Of one kind and seed, an image that is hit at some share is hit at every larger one, with the same label.
 *
 * It comes last: limit a task before, for what is known about the true labels goes by the positions of its images.
 *
 * @param noise `symmetric:0.4`, see {@link LABEL_NOISES}
 * @throws InputError for an unknown kind, a share outside 0 to 1, and a task that has noise already
 * @example const noisy = withLabelNoise(await loadTask('cifar10'), 'symmetric:0.4', 0);
 */
export function withLabelNoise(task: Task, noise: string, seed: number): NoisyTask {
  const { name, parameters } = parseNamed(noise, LABEL_NOISES, '--label-noise');
  if (task.noise) {
    throw new InputError(
      `The task ${task.name} has label noise already (${task.noise.kind}:${task.noise.share}). Start from the task without.`,
    );
  }
  const share = parameters[0]!;
  const kind: LabelNoise = LABEL_NOISES[name];
  const redraw = kind.redraw(task.classes);
  const random = Random.seeded(seed, NOISE_STREAM);
  const labels = task.train.labels.map((label) => {
    const isHit = random.uint32() < share * 2 ** 32;
    // Drawn whether it is hit or not, so that the numbers of the images behind it do not depend on the share.
    const redrawn = redraw(label, random);
    return isHit ? redrawn : label;
  });
  return relabelled(task, labels, { kind: name, share, seed });
}

/**
 * The same task with training labels that a model predicted, for bootstrapping as of arXiv 2010.01412, section 3.3: train,
 * then train anew on what the first model says. What the true labels are stays known, from noise that the task may have.
 *
 * @param labels class index of each training image
 * @throws InputError where they do not fit the training images and the classes
 */
export function withPredictedLabels(task: Task, labels: Int32Array): NoisyTask {
  const { train, classes, noise } = task;
  if (labels.length !== train.length) {
    throw invalid('predicted labels', `${train.length}, one a training image`, labels.length);
  }
  const wrong = labels.find((label) => label < 0 || label >= classes.length);
  if (wrong !== undefined)
    throw invalid('predicted labels', `class indices in 0..${classes.length - 1}`, wrong);
  const original = noise?.original ?? train.labels;
  const share = original.length === 0 ? 0 : wrongOf(labels, original).length / original.length;
  return relabelled(task, Int32Array.from(labels), { kind: 'predicted', share, seed: noise?.seed ?? 0 });
}

function relabelled(
  task: Task,
  labels: Int32Array,
  description: Pick<NoisyLabels, 'kind' | 'share' | 'seed'>,
): NoisyTask {
  const original = task.noise?.original ?? task.train.labels;
  const digest = createHash('sha256')
    .update(`${task.fingerprint}\n${JSON.stringify(description)}\n`)
    .update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
  return {
    ...task,
    train: { ...task.train, labels },
    noise: { ...description, original, changed: wrongOf(labels, original) },
    fingerprint: digest.digest('hex').slice(0, 32),
  };
}

/** Positions at which they differ, ascending. */
function wrongOf(labels: Int32Array, original: Int32Array): Int32Array {
  return Int32Array.from(labels.keys()).filter((row) => labels[row] !== original[row]);
}
