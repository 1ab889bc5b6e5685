import { globalNorm } from '../sam/index.js';
import { attr, Fragment } from '../tensorflow/index.js';
import { OPTIMIZERS, type Optimizer, type OptimizerName } from './optimizers.js';

export interface UpdateOptions {
  optimizer: OptimizerName;
  momentum: number;
  /** Lambda of weight decay, on kernels only; coupled or decoupled as the optimizer says. */
  weightDecay: number;
  /** Largest norm of the gradient; undefined for no clipping. */
  clipNorm?: number;
}

/** Names of the fragment's nodes, by the position of a weight. */
export const UPDATE = {
  gradient: (i: number) => `g${i}`,
  value: (i: number) => `w${i}`,
  variable: (i: number) => `variable${i}`,
  slot: (i: number, name: string) => `${name}${i}`,
  learningRate: 'learning_rate',
  /** The update's number as a float, from 1. */
  step: 'step',
  norm: 'norm',
  done: 'done',
} as const;

/** Whether weight decay applies to a weight: to kernels, not to biases and batch normalization. */
export const isDecayed = (weight: string): boolean => /(^|_|\/)kernel$/.test(weight);

/**
 * One update of all weights as a fragment. In this order: the gradient is clipped by its norm over all
 * weights, weight decay is added, the optimizer applies it. So decay is neither perturbed nor clipped.
 *
 * @param weights their names
 */
export function updateFragment(weights: readonly string[], options: UpdateOptions): Fragment {
  const { momentum, weightDecay, clipNorm } = options;
  const optimizer: Optimizer = OPTIMIZERS[options.optimizer];
  const f = new Fragment();
  const indices = weights.map((_, i) => i);
  f.input(UPDATE.learningRate, 'float32', []);
  f.input(UPDATE.step, 'float32', []);
  for (const i of indices) f.input(UPDATE.gradient(i));
  for (const i of indices) {
    f.input(UPDATE.variable(i), 'resource');
    for (const slot of optimizer.slots) f.input(UPDATE.slot(i, slot), 'resource');
  }
  const norm = globalNorm(
    f,
    indices.map((i) => UPDATE.gradient(i)),
    UPDATE.norm,
  );
  let scale: string | undefined;
  if (clipNorm !== undefined) {
    const limit = f.scalar(clipNorm);
    scale = f.math('RealDiv', [limit, f.math('Maximum', [norm, limit])]);
  }
  const nodes = weights.map((name, i) => {
    let gradient = UPDATE.gradient(i);
    if (scale) gradient = f.math('Mul', [gradient, scale]);
    const after: string[] = [];
    if (weightDecay > 0 && isDecayed(name)) {
      const penalty = f.math('Mul', [f.input(UPDATE.value(i)), f.scalar(weightDecay)]);
      if (optimizer.decay === 'coupled') gradient = f.math('AddV2', [gradient, penalty]);
      else {
        const shrink = f.math('Mul', [penalty, UPDATE.learningRate]);
        after.push(
          f.op('AssignSubVariableOp', [UPDATE.variable(i), shrink], { dtype: attr.type('float32') }),
        );
      }
    }
    return optimizer.update(f, {
      variable: UPDATE.variable(i),
      slot: (slot) => UPDATE.slot(i, slot),
      gradient,
      learningRate: UPDATE.learningRate,
      step: UPDATE.step,
      momentum,
      after,
    });
  });
  f.op(
    'NoOp',
    nodes.map((node) => `^${node}`),
    {},
    UPDATE.done,
  );
  return f;
}

/** Names of the nodes of {@link statisticsFragment}, by position. */
export const STATISTICS = {
  moving: (i: number) => `moving${i}`,
  read: (i: number) => `read${i}`,
  batch: (i: number) => `batch${i}`,
  done: 'done',
} as const;

/** Moves statistics towards the batch's: moving = momentum moving + (1 - momentum) batch. */
export function statisticsFragment(momenta: readonly number[]): Fragment {
  const f = new Fragment();
  const nodes = momenta.map((momentum, i) => {
    const moving = f.input(STATISTICS.moving(i), 'resource');
    const difference = f.math('Sub', [f.input(STATISTICS.read(i)), f.input(STATISTICS.batch(i))]);
    const change = f.math('Mul', [difference, f.scalar(1 - momentum)]);
    return f.op('AssignSubVariableOp', [moving, change], { dtype: attr.type('float32') });
  });
  f.op(
    'NoOp',
    nodes.map((node) => `^${node}`),
    {},
    STATISTICS.done,
  );
  return f;
}
