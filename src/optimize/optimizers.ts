import { attr, type Fragment, type Output } from '../tensorflow/index.js';

/** What an optimizer is given for one weight. */
export interface UpdateCall {
  /** Resource of the weight, and of the optimizer's state for it, by slot. */
  variable: Output;
  slot: (name: string) => Output;
  gradient: Output;
  /** Scalar. */
  learningRate: Output;
  /** Scalar: this update's number, from 1. */
  step: Output;
  momentum: number;
  /** Nodes that must have run before the weight is updated. */
  after: readonly string[];
}

/**
 * An optimizer: the state that it keeps a weight (its slots, each of the weight's shape and zero at first), and
 * the operation that updates a weight and its slots.
 */
export interface Optimizer {
  /** The learning rate and weight decay that suit it, where a recipe leaves them open. */
  defaults: { learningRate: number; weightDecay: number };
  /**
   * `coupled`: the penalty's gradient lambda w goes through the optimizer. `decoupled`: w shrinks by learningRate
   * lambda w, beside it (arXiv 1711.05101).
   */
  decay: 'coupled' | 'decoupled';
  slots: readonly string[];
  /** @returns the node that updates the weight */
  update(f: Fragment, call: UpdateCall): string;
}

const T = { T: attr.type('float32') };

const order = (after: readonly string[]) => after.map((node) => `^${node}`);

/** v = momentum v + g; w = w - learningRate v, or with Nesterov's look-ahead w - learningRate (g + momentum v). */
const momentum = (nesterov: boolean): Optimizer => ({
  defaults: { learningRate: 0.03, weightDecay: 1e-4 },
  decay: 'coupled',
  slots: ['momentum'],
  update: (f, { variable, slot, gradient, learningRate, momentum, after }) =>
    f.op(
      'ResourceApplyMomentum',
      [variable, slot('momentum'), learningRate, gradient, f.scalar(momentum), ...order(after)],
      { ...T, use_nesterov: attr.bool(nesterov) },
    ),
});

const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * Adam, arXiv 1412.6980, in the order of its section 2 (epsilon beside the uncorrected root), with decoupled weight
 * decay; beta1 is the recipe's momentum:
 *
 *     m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
 *     w = w - learningRate sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)
 */
const adamw: Optimizer = {
  defaults: { learningRate: 5e-4, weightDecay: 0.01 },
  decay: 'decoupled',
  slots: ['m', 'v'],
  update(f, { variable, slot, gradient, learningRate, step, momentum: beta1, after }) {
    const power = (beta: number) => f.math('Pow', [f.scalar(beta), step]);
    return f.op(
      'ResourceApplyAdam',
      [
        ...[variable, slot('m'), slot('v'), power(beta1), power(BETA2), learningRate],
        ...[f.scalar(beta1), f.scalar(BETA2), f.scalar(EPSILON), gradient],
        ...order(after),
      ],
      { ...T, use_nesterov: attr.bool(false) },
    );
  },
};

/** Optimizers by name, over TensorFlow's own kernels. */
export const OPTIMIZERS = {
  /** w = w - learningRate g */
  sgd: {
    defaults: { learningRate: 0.1, weightDecay: 1e-4 },
    decay: 'coupled',
    slots: [],
    update: (f, { variable, gradient, learningRate, after }) =>
      f.op('ResourceApplyGradientDescent', [variable, learningRate, gradient, ...order(after)], T),
  },
  momentum: momentum(false),
  nesterov: momentum(true),
  adamw,
} satisfies Record<string, Optimizer>;

export type OptimizerName = keyof typeof OPTIMIZERS;
