import type { Outcomes } from './outcomes.js';

/** What a model is worth on the images that it is surest of. */
export interface CoveragePoint {
  /** Share of the images, the most confident ones, above 0 and up to 1. */
  coverage: number;
  /** Top-1 on them, 0 to 1. */
  top1: number;
  /** Confidence of the least confident one: a threshold that lets about these through. */
  confidence: number;
}

/** Selective classification: what is gained by leaving out what the model is unsure of. */
export interface Coverage {
  points: CoveragePoint[];
  /**
   * Area under the risk-coverage curve: the mean, over k = 1 to n, of the error rate of the k most confident images
   * (Geifman, El-Yaniv: arXiv 1805.08206). Smaller is better, down to 0.
   */
  aurc: number;
}

/** Coverages that are told. */
export const COVERAGES = [0.5, 0.8, 0.9, 0.95] as const;

/** Images of a share, where rounding must not add one: 0.95 x 20 are 19. */
const SLACK = 1e-9;

/**
 * Top-1 at some coverages, and the area under the risk-coverage curve. Images of equal confidence count as if they stood
 * in any order: each takes their mean error.
 */
export function coverageOf({ labels, predicted, confidence }: Outcomes): Coverage {
  const n = labels.length;
  const order = Uint32Array.from(labels.keys()).sort((a, b) => confidence[b]! - confidence[a]!);
  // Errors among the first k of the order, at k.
  const errors = new Float64Array(n + 1);
  for (let start = 0, end = 0; start < n; start = end) {
    let wrong = 0;
    for (; end < n && confidence[order[end]!] === confidence[order[start]!]; end++)
      if (predicted[order[end]!] !== labels[order[end]!]) wrong++;
    for (let k = start + 1; k <= end; k++) errors[k] = errors[start]! + (wrong * (k - start)) / (end - start);
  }
  let area = 0;
  for (let k = 1; k <= n; k++) area += errors[k]! / k / n;
  const points = COVERAGES.map((coverage) => {
    const k = Math.max(1, Math.ceil(coverage * n - SLACK));
    return { coverage, top1: 1 - errors[k]! / k, confidence: confidence[order[k - 1]!]! };
  });
  return { points: n === 0 ? [] : points, aurc: area };
}
