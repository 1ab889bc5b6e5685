import { attr, type Fragment, type Output } from '../tensorflow/index.js';

/** What an optimizer is given for one weight. */
export interface UpdateCall {
  /** Resource of the weight, and of the optimizer's state for it, by slot. */
  variable: Output;
  slot: (name: string) => Output;
  gradient: Output;
  /** Scalar. */
  learningRate: Output;
  momentum: number;
}

/**
 * An optimizer: the state that it keeps a weight (its slots, each of the weight's shape and zero at first), and
 * the operation that updates a weight and its slots.
 */
export interface Optimizer {
  slots: readonly string[];
  /** @returns the node that updates the weight */
  update(f: Fragment, call: UpdateCall): string;
}

const T = { T: attr.type('float32') };

/** v = momentum v + g; w = w - learningRate v, or with Nesterov's look-ahead w - learningRate (g + momentum v). */
const momentum = (nesterov: boolean): Optimizer => ({
  slots: ['momentum'],
  update: (f, { variable, slot, gradient, learningRate, momentum }) =>
    f.op('ResourceApplyMomentum', [variable, slot('momentum'), learningRate, gradient, f.scalar(momentum)], {
      ...T,
      use_nesterov: attr.bool(nesterov),
    }),
});

/** Optimizers by name, over TensorFlow's own kernels. */
export const OPTIMIZERS = {
  /** w = w - learningRate g */
  sgd: {
    slots: [],
    update: (f, { variable, gradient, learningRate }) =>
      f.op('ResourceApplyGradientDescent', [variable, learningRate, gradient], T),
  },
  momentum: momentum(false),
  nesterov: momentum(true),
} satisfies Record<string, Optimizer>;

export type OptimizerName = keyof typeof OPTIMIZERS;
