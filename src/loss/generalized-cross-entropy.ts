import { expectation, type Loss, logSoftmax } from './loss.js';

/** sum_k t_k (1 - p_k^q) / q: at q = 1 the mean absolute error, towards q = 0 cross-entropy, which q = 0 is. */
export const generalizedCrossEntropy: Loss = {
  title: 'between cross-entropy and mean absolute error, for noisy labels (arXiv 1805.07836)',
  parameters: [{ name: 'q', default: 0.7, maximum: 1 }],
  add({ f, logits, targets, parameters: [q] }) {
    const logP = logSoftmax(f, logits);
    if (q === 0) return f.math('Neg', [expectation(f, targets, logP)]);
    // p^q - 1, without cancellation near p = 1 and for small q.
    const power = f.math('Expm1', [f.math('Mul', [f.scalar(q!), logP])]);
    return f.math('Mul', [f.scalar(-1 / q!), expectation(f, targets, power)]);
  },
};
