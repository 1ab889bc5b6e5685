import { attr, type Fragment, type Output } from '../tensorflow/index.js';
import { expectation, type Loss, logSoftmax } from './loss.js';

/**
 * -sum_k (beta t_k + (1 - beta) p_k) log p_k: beta CE(t, p) + (1 - beta) H(p), the entropy of the prediction. The
 * gradient flows through both p, as in the paper.
 */
export const bootstrapSoft: Loss = {
  title: 'bootstrapping, soft: targets mixed with the prediction, for noisy labels (arXiv 1412.6596)',
  parameters: [{ name: 'beta', default: 0.95, maximum: 1 }],
  add({ f, logits, targets, parameters: [beta] }) {
    const logP = logSoftmax(f, logits);
    const mixed = mix(f, targets, f.math('Exp', [logP]), beta!);
    return f.math('Neg', [expectation(f, mixed, logP)]);
  },
};

/** -sum_k (beta t_k + (1 - beta) y_k) log p_k, where y is 1 for the likeliest class, 0 for the others. */
export const bootstrapHard: Loss = {
  title: 'bootstrapping, hard: targets mixed with the likeliest class, for noisy labels (arXiv 1412.6596)',
  parameters: [{ name: 'beta', default: 0.8, maximum: 1 }],
  add({ f, logits, targets, classes, parameters: [beta] }) {
    const mixed = mix(f, targets, likeliest(f, logits, classes), beta!);
    return f.math('Neg', [expectation(f, mixed, logSoftmax(f, logits))]);
  },
};

/** beta a + (1 - beta) b */
function mix(f: Fragment, a: Output, b: Output, beta: number): Output {
  return f.math('AddV2', [f.math('Mul', [f.scalar(beta), a]), f.math('Mul', [f.scalar(1 - beta), b])]);
}

/** One-hot `[batch, classes]`, of the first where several are equal; without a gradient. */
function likeliest(f: Fragment, logits: Output, classes: number): Output {
  const index = f.op('ArgMax', [f.math('StopGradient', [logits]), f.constant(Int32Array.of(1), [])], {
    T: attr.type('float32'),
    Tidx: attr.type('int32'),
    output_type: attr.type('int32'),
  });
  const depth = f.constant(Int32Array.of(classes), []);
  return f.op('OneHot', [index, depth, f.scalar(1), f.scalar(0)], {
    T: attr.type('float32'),
    TI: attr.type('int32'),
    axis: attr.int(-1),
  });
}
