import { crossEntropy } from './cross-entropy.js';
import { expectation, type Loss } from './loss.js';

/** What log 0 counts as, A in the paper. */
const LOG_ZERO = -4;

/**
 * alpha CE + beta RCE. The reverse cross-entropy -sum_k p_k log y_k of a one-hot y, with log 0 = A, is -A (1 - p_y);
 * over a target distribution its expectation is taken: -A (1 - sum_k t_k p_k).
 */
export const symmetricCrossEntropy: Loss = {
  title: 'cross-entropy and its reverse, for noisy labels (arXiv 1908.06112)',
  parameters: [
    { name: 'alpha', default: 0.1 },
    { name: 'beta', default: 1 },
  ],
  add(call) {
    const { f, logits, targets, parameters } = call;
    const [alpha, beta] = parameters;
    const expected = expectation(f, targets, f.math('Softmax', [logits]));
    const reverse = f.math('Mul', [f.scalar(-LOG_ZERO * beta!), f.math('Sub', [f.scalar(1), expected])]);
    return f.math('AddV2', [f.math('Mul', [f.scalar(alpha!), crossEntropy.add(call)]), reverse]);
  },
};
