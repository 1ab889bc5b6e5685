import type { Outcomes } from './outcomes.js';

/** Images of like confidence. */
export interface CalibrationBin {
  /** Confidence above which images belong to it, 0 to 1; that of the first bin belongs to it too. */
  above: number;
  /** Confidence up to which they do. */
  upTo: number;
  count: number;
  /** Their mean confidence; null where there are none. */
  confidence: number | null;
  /** Share of them that is right; null where there are none. */
  accuracy: number | null;
}

/** How far a model's probabilities can be taken at their word. */
export interface Calibration {
  /** Expected calibration error: mean distance of accuracy and confidence over all images, 0 to 1. */
  ece: number;
  /** The reliability table. */
  bins: CalibrationBin[];
}

/** As in the paper. */
const BINS = 15;

/**
 * The expected calibration error with 15 bins of equal width, and the reliability table it comes from:
 * ECE = sum over bins of |B| / n |accuracy(B) - confidence(B)| (Guo et al., arXiv 1706.04599, equation 3).
 */
export function calibrationOf({ labels, predicted, confidence }: Outcomes): Calibration {
  const counts = new Int32Array(BINS);
  const right = new Int32Array(BINS);
  const sums = new Float64Array(BINS);
  confidence.forEach((value, i) => {
    // Closed on the right: ((m - 1) / M, m / M].
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(value * BINS) - 1));
    counts[bin]!++;
    sums[bin]! += value;
    if (predicted[i] === labels[i]) right[bin]!++;
  });
  const bins = Array.from(counts, (count, bin) => ({
    above: bin / BINS,
    upTo: (bin + 1) / BINS,
    count,
    confidence: count === 0 ? null : sums[bin]! / count,
    accuracy: count === 0 ? null : right[bin]! / count,
  }));
  const gaps = bins.reduce((sum, _, bin) => sum + Math.abs(right[bin]! - sums[bin]!), 0);
  return { ece: gaps / Math.max(1, labels.length), bins };
}
