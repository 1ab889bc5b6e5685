import { attr } from '../../tensorflow/index.js';
import { FLOAT, type Optimizer, shared } from '../optimizer.js';

/** What Adam and AdamW share: only how they decay tells them apart. */
const family = {
  beta2: 0.999,
  epsilon: 1e-8,
  slots: [
    { name: 'm', start: 'zeros' },
    { name: 'v', start: 'zeros' },
  ],
  update(f, { variable, slot, gradient, learningRate, step, momentum: beta1, beta2, epsilon, after }) {
    const power = (name: string, beta: number) =>
      shared(f, `${name}_at_${step}`, (own) => f.math('Pow', [f.scalar(beta), step], 'float32', own));
    return [
      f.op(
        'ResourceApplyAdam',
        [
          ...[variable, slot('m'), slot('v'), power('beta1_power', beta1), power('beta2_power', beta2)],
          ...[learningRate, f.scalar(beta1), f.scalar(beta2), f.scalar(epsilon), gradient],
          ...after,
        ],
        { ...FLOAT, use_nesterov: attr.bool(false) },
      ),
    ];
  },
} satisfies Partial<Optimizer>;

/**
 * Adam, arXiv 1412.6980, in the order of its section 2 (epsilon beside the uncorrected root); beta1 is the
 * recipe's momentum:
 *
 *     m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
 *     w = w - learningRate sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)
 */
export const adam: Optimizer = {
  ...family,
  title: 'Adam, arXiv 1412.6980',
  defaults: { learningRate: 5e-4, weightDecay: 0 },
  decay: 'coupled',
};

/** Adam with decoupled weight decay, arXiv 1711.05101. */
export const adamw: Optimizer = {
  ...family,
  title: 'Adam with decoupled weight decay, arXiv 1711.05101',
  defaults: { learningRate: 5e-4, weightDecay: 0.01 },
  decay: 'decoupled',
};
