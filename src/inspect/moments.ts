import type { Pixels } from './look.js';

/** Numbers that an image's moments take: the mean of each channel, then the mean of its square, of values 0..1. */
export const MOMENTS = 6;

/** Mean and standard deviation of each channel, red, green and blue, of values 0..1. */
export interface ChannelStatistics {
  /** Images that they are of. */
  images: number;
  mean: [number, number, number];
  deviation: [number, number, number];
}

const LARGEST = 255;

/** The moments of an image: sums of integers, so exact until the division. */
export function momentsOf({ data, width, height }: Pixels): Float64Array {
  let r = 0;
  let g = 0;
  let b = 0;
  let rr = 0;
  let gg = 0;
  let bb = 0;
  for (let at = 0; at < data.length; at += 3) {
    const red = data[at]!;
    const green = data[at + 1]!;
    const blue = data[at + 2]!;
    r += red;
    g += green;
    b += blue;
    rr += red * red;
    gg += green * green;
    bb += blue * blue;
  }
  const pixels = width * height;
  return Float64Array.of(r, g, b, rr, gg, bb).map(
    (sum, i) => sum / pixels / (i < 3 ? LARGEST : LARGEST * LARGEST),
  );
}

/**
 * Statistics over images of which each counts the same, whatever its size: in training they all have one size.
 *
 * @param moments {@link MOMENTS} numbers an image
 * @param images indices of those that count
 * @returns null where there are none
 */
export function channelStatistics(
  moments: Float64Array,
  images: readonly number[],
): ChannelStatistics | null {
  if (images.length === 0) return null;
  const means = Array.from({ length: MOMENTS }, (_, i) =>
    images.reduce((sum, image) => sum + moments[image * MOMENTS + i]! / images.length, 0),
  );
  return { images: images.length, ...statisticsOf(means) };
}

/** Whether an image is of one colour all over: no channel deviates by a level. */
export function isConstant(moments: Float64Array): boolean {
  return statisticsOf([...moments]).deviation.every((deviation) => deviation < 1 / LARGEST);
}

function statisticsOf(means: readonly number[]): Pick<ChannelStatistics, 'mean' | 'deviation'> {
  const [r, g, b, rr, gg, bb] = means as [number, number, number, number, number, number];
  // Rounding may leave a hair below 0.
  const deviation = (mean: number, square: number) => Math.sqrt(Math.max(0, square - mean * mean));
  return { mean: [r, g, b], deviation: [deviation(r, rr), deviation(g, gg), deviation(b, bb)] };
}
