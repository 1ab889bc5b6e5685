import type { Loss } from './loss.js';

/** -sum_k t_k log p_k */
export const crossEntropy: Loss = {
  title: 'softmax cross-entropy',
  add: ({ f, logits, targets }) => f.math('SoftmaxCrossEntropyWithLogits', [logits, targets]),
};
