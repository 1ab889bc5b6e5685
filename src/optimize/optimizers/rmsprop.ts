import { FLOAT, type Optimizer } from '../optimizer.js';

/**
 * RMSProp with momentum as TensorFlow has it, which trained EfficientNet (arXiv 1905.11946): epsilon is inside the
 * root, the mean square starts at one, and the learning rate is part of what the momentum remembers. `beta2` is
 * the decay of the mean square.
 *
 *     r = r + (1 - beta2) (g^2 - r);  v = momentum v + learningRate g / sqrt(r + epsilon);  w = w - v
 */
export const rmsprop: Optimizer = {
  title: "TensorFlow's RMSProp, which trained EfficientNet, arXiv 1905.11946",
  defaults: { learningRate: 1e-3, weightDecay: 1e-5 },
  decay: 'coupled',
  beta2: 0.9,
  epsilon: 1e-3,
  slots: [
    { name: 'rms', start: 'ones' },
    { name: 'momentum', start: 'zeros' },
  ],
  update: (f, { variable, slot, gradient, learningRate, momentum, beta2, epsilon, after }) => [
    f.op(
      'ResourceApplyRMSProp',
      [
        ...[variable, slot('rms'), slot('momentum'), learningRate],
        ...[f.scalar(beta2), f.scalar(momentum), f.scalar(epsilon), gradient],
        ...after,
      ],
      FLOAT,
    ),
  ],
};
