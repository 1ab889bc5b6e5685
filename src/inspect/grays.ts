import type { Pixels } from './look.js';

/** Weights of red, green and blue in a gray: ITU-R BT.601. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114];

/**
 * An image as `side` x `side` grays, each the mean over its part of the image, to fractions of a pixel. An operation of
 * sharp's would take ten times as long: what it does once an operation is most of the work on so few pixels.
 */
export function graysOf({ data, width, height }: Pixels, side: number): Float64Array {
  const columns = sharesOf(width, side);
  const rows = sharesOf(height, side);
  const grays = new Float64Array(side * side);
  const line = new Float64Array(side);
  for (let y = 0; y < height; y++) {
    line.fill(0);
    for (let x = 0, at = 3 * y * width; x < width; x++, at += 3) {
      const gray = RED * data[at]! + GREEN * data[at + 1]! + BLUE * data[at + 2]!;
      const end = columns.starts[x + 1]!;
      for (let i = columns.starts[x]!; i < end; i++) line[columns.parts[i]!]! += gray * columns.shares[i]!;
    }
    for (let i = rows.starts[y]!; i < rows.starts[y + 1]!; i++) {
      const start = rows.parts[i]! * side;
      for (let column = 0; column < side; column++) grays[start + column]! += rows.shares[i]! * line[column]!;
    }
  }
  return grays;
}

/** How the pixels along one side of an image are shared out to parts of equal length: those of a part have 1 together. */
interface Shares {
  /** Where in the lists below each pixel's shares begin, and behind the last pixel where they end. */
  starts: Int32Array;
  parts: Int32Array;
  shares: Float64Array;
}

function sharesOf(pixels: number, count: number): Shares {
  const starts = [0];
  const parts: number[] = [];
  const shares: number[] = [];
  const scale = count / pixels;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const end = Math.ceil(((pixel + 1) * count) / pixels);
    for (let part = Math.floor((pixel * count) / pixels); part < end; part++) {
      parts.push(part);
      shares.push(Math.min((pixel + 1) * scale, part + 1) - Math.max(pixel * scale, part));
    }
    starts.push(parts.length);
  }
  return {
    starts: Int32Array.from(starts),
    parts: Int32Array.from(parts),
    shares: Float64Array.from(shares),
  };
}
