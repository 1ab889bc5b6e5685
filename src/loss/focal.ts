import { expectation, type Loss, logSoftmax } from './loss.js';

/** Below this, 1 - p counts as 0: a power below 1 has no finite slope there. */
const TINY = 1e-12;

/** -sum_k t_k (1 - p_k)^gamma log p_k; gamma 0 is cross-entropy. The paper's alpha is `--class-weights`. */
export const focal: Loss = {
  title: 'focal loss of the softmax: well classified examples count less (arXiv 1708.02002)',
  parameters: [{ name: 'gamma', default: 2 }],
  add({ f, logits, targets, parameters: [gamma] }) {
    const logP = logSoftmax(f, logits);
    // 1 - p, without cancellation near p = 1.
    const rest = f.math('Maximum', [f.math('Neg', [f.math('Expm1', [logP])]), f.scalar(TINY)]);
    const modulation = f.math('Pow', [rest, f.scalar(gamma!)]);
    return f.math('Neg', [expectation(f, targets, f.math('Mul', [modulation, logP]))]);
  },
};
