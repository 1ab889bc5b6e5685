import { InputError } from '../errors.js';
import { globalNorm } from '../sam/index.js';
import { Fragment, type Output } from '../tensorflow/index.js';
import { clipAdaptively, clipScale, unitAxes } from './clip.js';
import { isDecayed } from './decay.js';
import { gated } from './gate.js';
import { type DecayMode, type Optimizer, shared, times, VARIABLE } from './optimizer.js';
import { OPTIMIZERS, type OptimizerName } from './optimizers.js';

export interface UpdateOptions {
  optimizer: OptimizerName;
  /** Also beta1. */
  momentum: number;
  /** @default the optimizer's own */
  beta2?: number;
  /** @default the optimizer's own */
  epsilon?: number;
  /** Lambda; 0 for none. */
  weightDecay: number;
  /** @default as the optimizer was published */
  decayMode?: DecayMode;
  /** Largest norm of all gradients together; 0 for no limit. @default 0 */
  clipNorm?: number;
  /** Largest norm of a unit's gradient as a share of its weights' norm; 0 for no limit. @default 0 */
  clipAdaptive?: number;
}

/** A weight as an update sees it. */
export interface UpdatedWeight {
  /** `layer/weight` */
  name: string;
  shape: readonly number[];
  /** Multiple of the learning rate; 0 leaves the weight and its state alone. @default 1 */
  rate?: number;
  /** Updates applied before it began to train: Adam and LAMB count a weight's own. @default 0 */
  since?: number;
  /** Whether weight decay applies. @default those of {@link isDecayed} */
  decayed?: boolean;
  /** Whether adaptive clipping applies; its paper leaves out the last dense layer. @default true */
  clipped?: boolean;
  /** Whether LARS and LAMB adapt the step to the size of the weight. @default those of {@link isDecayed} */
  adapted?: boolean;
}

/** Names of the fragment's nodes, by the position of a weight. */
export const UPDATE = {
  gradient: (i: number) => `g${i}`,
  /** The weight before the update; only where the fragment has it. */
  value: (i: number) => `w${i}`,
  variable: (i: number) => `variable${i}`,
  slot: (i: number, name: string) => `${name}${i}`,
  learningRate: 'learning_rate',
  /** The update's number as a float, from 1. */
  step: 'step',
  /** Boolean scalar: whether the update shall take place. */
  proceed: 'proceed',
  /** Norm over the gradients of all weights with a rate above 0, unclipped. */
  norm: 'norm',
  /** Boolean scalar: `proceed`, and the norm is finite. Where false, nothing is written. */
  applied: 'applied',
  /** Runs the update: a target, or a control input of what must not run without it. */
  done: 'done',
} as const;

/**
 * One update of all weights as a fragment. In this order: the gradient is clipped, by its norm over all weights
 * and then unit by unit; weight decay is added; the optimizer applies it. So decay is neither perturbed nor clipped.
 * A gradient that is not finite leaves every weight and slot as it is, to the last bit.
 *
 * @throws InputError when no weight has a rate above 0
 */
export function updateFragment(weights: readonly UpdatedWeight[], options: UpdateOptions): Fragment {
  const optimizer: Optimizer = OPTIMIZERS[options.optimizer];
  const { momentum, weightDecay, decayMode = optimizer.decay, clipNorm = 0, clipAdaptive = 0 } = options;
  const { beta2 = optimizer.beta2 ?? 0, epsilon = optimizer.epsilon ?? 0 } = options;
  const takesPenalty = optimizer.takesPenalty === true && decayMode === optimizer.decay;
  const updated = [...weights.entries()].filter(([, { rate = 1 }]) => rate > 0);
  if (updated.length === 0) {
    throw new InputError('No weight has a learning rate above 0. Unfreeze at least one layer.');
  }
  const f = new Fragment();
  f.input(UPDATE.learningRate, 'float32', []);
  f.input(UPDATE.step, 'float32', []);
  f.input(UPDATE.proceed, 'bool', []);
  weights.forEach(({ shape }, i) => {
    f.input(UPDATE.gradient(i), 'float32', shape);
    f.input(UPDATE.variable(i), 'resource');
    for (const { name } of optimizer.slots) f.input(UPDATE.slot(i, name), 'resource');
  });
  const gradients = updated.map(([i]) => UPDATE.gradient(i));
  const norm = globalNorm(f, gradients, UPDATE.norm);
  const applied = f.op('LogicalAnd', [UPDATE.proceed, f.math('IsFinite', [norm])], {}, UPDATE.applied);
  const baseRate = gated(f, UPDATE.learningRate, applied);
  const scale = clipNorm > 0 ? clipScale(f, norm, clipNorm) : undefined;

  const writes = updated.flatMap(([i, weight]) => {
    const { name, shape, rate = 1, since = 0, decayed = isDecayed(name), clipped = true } = weight;
    const variable = UPDATE.variable(i);
    const value = () => shared(f, UPDATE.value(i), (own) => f.input(own, 'float32', shape));
    const learningRate = shared(f, `rate_${rate}`, (own) => f.identity(times(f, baseRate, rate), own));

    // 1) clip
    let gradient = gated(f, UPDATE.gradient(i), applied);
    if (scale) gradient = f.math('Mul', [gradient, scale]);
    if (clipAdaptive > 0 && clipped) {
      const axes = unitAxes(name, shape);
      gradient = clipAdaptively(f, gradient, { value: value(), axes, factor: clipAdaptive });
    }

    // 2) decay
    const penalty = weightDecay > 0 && decayed ? times(f, value(), weightDecay) : undefined;
    const after: Output[] = [];
    if (penalty && !takesPenalty) {
      if (decayMode === 'coupled') gradient = f.math('AddV2', [gradient, penalty]);
      else {
        const shrink = f.math('Mul', [penalty, learningRate]);
        after.push(`^${f.op('AssignSubVariableOp', [variable, shrink], VARIABLE)}`);
      }
    }

    // 3) update
    return optimizer.update(f, {
      variable,
      slot: (slot) => UPDATE.slot(i, slot),
      value,
      gradient,
      ...(takesPenalty && { penalty }),
      adapted: weight.adapted ?? isDecayed(name),
      learningRate,
      step:
        since === 0
          ? UPDATE.step
          : shared(f, `step_since_${since}`, (own) =>
              f.math('Sub', [UPDATE.step, f.scalar(since)], 'float32', own),
            ),
      momentum,
      beta2,
      epsilon,
      after,
    });
  });
  f.op(
    'NoOp',
    writes.map((node) => `^${node}`),
    {},
    UPDATE.done,
  );
  return f;
}
