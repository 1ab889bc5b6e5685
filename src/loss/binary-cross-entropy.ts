import type { Loss } from './loss.js';

/**
 * A sigmoid of its own for each class: the mean over the classes, as timm has it by default, of
 * -t_k log s(z_k) - (1 - t_k) log(1 - s(z_k)).
 */
export const binaryCrossEntropy: Loss = {
  title: 'sigmoid cross-entropy of each class, its mean over the classes (arXiv 2110.00476)',
  add({ f, logits, targets }) {
    // -log s(z) = softplus(-z). The usual form with |z| has a wrong gradient at z = 0, where a head of zeros starts.
    const missed = f.math('Mul', [targets, f.math('Softplus', [f.math('Neg', [logits])])]);
    const others = f.math('Sub', [f.scalar(1), targets]);
    const falsely = f.math('Mul', [others, f.math('Softplus', [logits])]);
    return f.reduce('Mean', f.math('AddV2', [missed, falsely]), [1]);
  },
};
