/** Outputs of trained networks on images like their own shrink with depth, to about a half; none was seen to change more. */
const MOST_CHANGE = 4;

/**
 * Whether the statistics that were folded into a network fit the images.
 *
 * Where they do not (random weights, another scaling of pixels), outputs are off by some factor a layer, and the factors
 * multiply: what is measured says nothing of the original's gammas then. In training the original would take the factors
 * back in every layer, since it normalizes with the batch's statistics.
 *
 * @param sizes deviations of the layers' outputs, in order
 */
export function statisticsFit(sizes: readonly number[]): boolean {
  const quarter = Math.ceil(sizes.length / 4);
  const growth = median(sizes.slice(-quarter)) / median(sizes.slice(0, quarter));
  return growth <= MOST_CHANGE && growth >= 1 / MOST_CHANGE;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
}
