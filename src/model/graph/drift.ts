/** Layers on each side that a layer is compared with. */
const NEIGHBOURS = 4;
/** Trained networks on images like their own stay well within this: their last gammas are as large as their first. */
const LARGEST_DRIFT = 8;

/**
 * What to multiply each layer's normalized output by, so that it does not grow or shrink with depth.
 *
 * Where the moving statistics of a network do not fit the images (random weights, another scaling of pixels), outputs
 * are off by some factor a layer, and the factors multiply. Training the original takes them back in every layer, since
 * it normalizes with the batch's statistics; with gammas measured behind the drift it would not. Drift is what the median
 * over neighbouring layers shows; differences between neighbours stay.
 *
 * @param sizes of the layers' outputs, in order
 * @returns 1 for every layer where there is no such drift
 */
export function driftCorrection(sizes: readonly number[]): number[] {
  const quarter = Math.ceil(sizes.length / 4);
  const first = median(sizes.slice(0, quarter));
  const drift = median(sizes.slice(-quarter)) / first;
  const isSound = drift <= LARGEST_DRIFT && drift >= 1 / LARGEST_DRIFT;
  return sizes.map((_, i) => {
    if (isSound) return 1;
    const around = median(sizes.slice(Math.max(0, i - NEIGHBOURS), i + NEIGHBOURS + 1));
    return around > 0 ? first / around : 1;
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
}
