import { orthogonalPart } from '../norms.js';
import type { SamMethod } from './method.js';

/**
 * GSAM (arXiv 2203.08065, algorithm 1) also shrinks the surrogate gap L(w + e) - L(w). The gradient g at w is divided into a
 * part along the gradient g_p at w + e and one orthogonal to it, which raises L(w) without changing L(w + e) to first
 * order:
 *
 *     g_orthogonal = g - (<g, g_p> / ||g_p||^2) g_p
 *     gradient = g_p - alpha g_orthogonal
 */
export const gsam: SamMethod = {
  title: 'also shrinks the surrogate gap, arXiv 2203.08065',
  // The paper's 0.4 is for vision transformers: EfficientNet-Lite0 does not learn with it (pipelines/sam-variants.ts).
  alpha: 0.05,
  combine: (f, { clean, perturbed }, alpha) => {
    const orthogonal = orthogonalPart(f, clean, perturbed);
    const gradients = perturbed.map((g, i) =>
      f.math('Sub', [g, f.math('Mul', [orthogonal[i]!, f.scalar(alpha)])]),
    );
    return { gradients };
  },
};
