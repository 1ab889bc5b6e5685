import { graysOf } from './grays.js';
import type { Pixels } from './look.js';

/** What an image looks like, in little: the same for copies of it in other sizes, formats and brightnesses. */
export interface Signature {
  /** 64 bits, the lower half first. */
  hash: [low: number, high: number];
  /** Grayscale, {@link THUMB_SIDE} squared. */
  thumb: Uint8Array;
}

/** Side of the thumb that tells whether images of like hashes are alike. */
export const THUMB_SIDE = 16;
/** Side of the grayscale that the hash is of. */
const SIDE = 2 * THUMB_SIDE;
/** Frequencies that the hash takes, each way: the lowest. */
const FREQUENCIES = 8;

/** The cosines of the discrete cosine transform, `[FREQUENCIES, SIDE]`. */
const COSINES = Float64Array.from({ length: FREQUENCIES * SIDE }, (_, i) =>
  Math.cos(((2 * (i % SIDE) + 1) * Math.floor(i / SIDE) * Math.PI) / (2 * SIDE)),
);

/**
 * The signature of an image. Its hash is pHash: of the image as 32 x 32 grays, the 8 x 8 lowest frequencies of the discrete
 * cosine transform, each 1 where it is above their median. C. Zauner, 2010, "Implementation and Benchmarking of Perceptual
 * Image Hash Functions".
 */
export function signatureOf(pixels: Pixels): Signature {
  const grays = graysOf(pixels, SIDE);
  return { hash: hashOf(grays), thumb: thumbOf(grays) };
}

function hashOf(grays: Float64Array): Signature['hash'] {
  // 1. Along the rows, `[FREQUENCIES, SIDE]`, a column a row of the image.
  const rows = new Float64Array(FREQUENCIES * SIDE);
  for (let k = 0; k < FREQUENCIES; k++) {
    for (let y = 0; y < SIDE; y++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += grays[y * SIDE + x]! * COSINES[k * SIDE + x]!;
      rows[k * SIDE + y] = sum;
    }
  }
  // 2. Down the columns, `[FREQUENCIES, FREQUENCIES]`.
  const frequencies = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let l = 0; l < FREQUENCIES; l++) {
    for (let k = 0; k < FREQUENCIES; k++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += rows[k * SIDE + y]! * COSINES[l * SIDE + y]!;
      frequencies[l * FREQUENCIES + k] = sum;
    }
  }
  // 3. A bit each.
  const sorted = frequencies.toSorted();
  const median = (sorted[31]! + sorted[32]!) / 2;
  const half = (from: number) =>
    frequencies
      .subarray(from, from + 32)
      .reduce((bits, value, i) => (value > median ? bits | (1 << i) : bits), 0);
  return [half(0) >>> 0, half(32) >>> 0];
}

function thumbOf(grays: Float64Array): Uint8Array {
  const thumb = new Uint8Array(THUMB_SIDE * THUMB_SIDE);
  for (let y = 0; y < THUMB_SIDE; y++) {
    for (let x = 0; x < THUMB_SIDE; x++) {
      const at = 2 * (y * SIDE + x);
      const sum = grays[at]! + grays[at + 1]! + grays[at + SIDE]! + grays[at + SIDE + 1]!;
      thumb[y * THUMB_SIDE + x] = Math.round(sum / 4);
    }
  }
  return thumb;
}

/** Correlation of two thumbs, -1 to 1: the same for a brighter or paler copy. 0 where one is of one gray. */
export function correlation(a: Uint8Array, b: Uint8Array): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    sumA += x;
    sumB += y;
    sumAA += x * x;
    sumBB += y * y;
    sumAB += x * y;
  }
  const n = a.length;
  const variances = (n * sumAA - sumA * sumA) * (n * sumBB - sumB * sumB);
  return variances === 0 ? 0 : (n * sumAB - sumA * sumB) / Math.sqrt(variances);
}
