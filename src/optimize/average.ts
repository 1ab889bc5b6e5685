import { Fragment } from '../tensorflow/index.js';
import { gated } from './gate.js';
import { VARIABLE } from './optimizer.js';

/** Names of the nodes of {@link statisticsFragment}, by position. */
export const STATISTICS = {
  moving: (i: number) => `moving${i}`,
  read: (i: number) => `read${i}`,
  batch: (i: number) => `batch${i}`,
  /** Boolean scalar: where false, nothing moves. */
  proceed: 'proceed',
  done: 'done',
} as const;

/** Moves statistics towards the batch's: moving = momentum moving + (1 - momentum) batch. */
export function statisticsFragment(momenta: readonly number[]): Fragment {
  const f = new Fragment();
  f.input(STATISTICS.proceed, 'bool', []);
  const writes = momenta.map((momentum, i) => {
    const moving = f.input(STATISTICS.moving(i), 'resource');
    const batch = gated(f, f.input(STATISTICS.batch(i)), STATISTICS.proceed);
    const difference = f.math('Sub', [f.input(STATISTICS.read(i)), batch]);
    const change = f.math('Mul', [difference, f.scalar(1 - momentum)]);
    return f.op('AssignSubVariableOp', [moving, change], VARIABLE);
  });
  f.op(
    'NoOp',
    writes.map((node) => `^${node}`),
    {},
    STATISTICS.done,
  );
  return f;
}

/** Names of the nodes of {@link averageFragment}, by position. */
export const AVERAGE = {
  /** Resource of an average, and its value. */
  average: (i: number) => `average${i}`,
  read: (i: number) => `read${i}`,
  /** What is averaged. In the run that updates it, its read must wait for the update. */
  value: (i: number) => `value${i}`,
  /** Scalar. With n / (n + 1) for the values from 0 it is their mean. */
  decay: 'decay',
  /** Boolean scalar: where false, nothing moves. */
  proceed: 'proceed',
  done: 'done',
} as const;

/** Averages of weights: average = decay average + (1 - decay) value. A decay of 0 copies to the last bit. */
export function averageFragment(count: number): Fragment {
  const f = new Fragment();
  f.input(AVERAGE.proceed, 'bool', []);
  const decay = gated(f, f.input(AVERAGE.decay, 'float32', []), AVERAGE.proceed);
  const rest = f.math('Sub', [f.scalar(1), decay]);
  const writes = Array.from({ length: count }, (_, i) => {
    const average = f.input(AVERAGE.average(i), 'resource');
    const old = f.math('Mul', [f.input(AVERAGE.read(i)), decay]);
    const added = f.math('Mul', [f.input(AVERAGE.value(i)), rest]);
    return f.op('AssignVariableOp', [average, f.math('AddV2', [old, added])], VARIABLE);
  });
  f.op(
    'NoOp',
    writes.map((node) => `^${node}`),
    {},
    AVERAGE.done,
  );
  return f;
}

/**
 * Decay of an exponential moving average with warm-up, min(decay, (1 + t) / (10 + t)), as
 * `tf.train.ExponentialMovingAverage` has it: early averages follow the weights closely.
 *
 * @param updates t: updates averaged before this one, from 0
 */
export const emaDecayAt = (updates: number, decay: number): number =>
  Math.min(decay, (1 + updates) / (10 + updates));
