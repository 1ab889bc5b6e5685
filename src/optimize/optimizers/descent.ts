import { attr } from '../../tensorflow/index.js';
import { FLOAT, type Optimizer } from '../optimizer.js';

/** w = w - learningRate g */
export const sgd: Optimizer = {
  title: 'stochastic gradient descent without momentum',
  defaults: { learningRate: 0.1, weightDecay: 1e-4 },
  decay: 'coupled',
  slots: [],
  update: (f, { variable, gradient, learningRate, after }) => [
    f.op('ResourceApplyGradientDescent', [variable, learningRate, gradient, ...after], FLOAT),
  ],
};

const withMomentum = (title: string, nesterov: boolean): Optimizer => ({
  title,
  defaults: { learningRate: 0.03, weightDecay: 1e-4 },
  decay: 'coupled',
  slots: [{ name: 'momentum', start: 'zeros' }],
  update: (f, { variable, slot, gradient, learningRate, momentum, after }) => [
    f.op(
      'ResourceApplyMomentum',
      [variable, slot('momentum'), learningRate, gradient, f.scalar(momentum), ...after],
      { ...FLOAT, use_nesterov: attr.bool(nesterov) },
    ),
  ],
});

/** v = momentum v + g; w = w - learningRate v */
export const momentum = withMomentum('gradient descent with momentum', false);

/** v = momentum v + g; w = w - learningRate (g + momentum v), the look-ahead as arXiv 1212.0901 writes it */
export const nesterov = withMomentum("momentum with Nesterov's look-ahead, arXiv 1212.0901", true);
