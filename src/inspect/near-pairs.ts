import type { Pause } from './pauses.js';

/** Bits of a hash. */
const BITS = 64;
/** Room for an index beneath a band's bits in a float64's 53: bands have 13 bits at most. */
const INDEX_ROOM = 2 ** 36;
/** Pairs that are compared between two pauses: less than a millisecond, and were all of them alike, some tens. */
const SLICE = 2 ** 16;

/** What pairs {@link nearPairs} finds, and who receives them. */
export interface NearPairsOptions {
  distance: number;
  visit: (a: number, b: number, distance: number) => void;
  pause: Pause;
}

/**
 * Finds the pairs of 64-bit hashes that differ in few bits, without comparing all with all: hashes cut into one band more
 * than the bits that may differ agree in a whole band, so only those are compared that do. Multi-index hashing: M. Norouzi,
 * A. Punjani, D. J. Fleet, 2012.
 *
 * @param hashes two numbers a hash, the lower half first
 * @param indices which of them; equal hashes among these are compared with each other, so they should be few
 * @param distance bits that may differ, 4 or more
 * @param visit receives each pair once
 * @param pause is called now and then
 */
export async function nearPairs(
  hashes: Uint32Array,
  indices: Int32Array,
  { distance, visit, pause }: NearPairsOptions,
): Promise<void> {
  const bands = distance + 1;
  const edges = Array.from({ length: bands + 1 }, (_, i) => Math.round((i * BITS) / bands));
  const bandOf = (index: number, band: number) => bitsOf(hashes, index, edges[band]!, edges[band + 1]!);
  const agreeEarlier = (a: number, b: number, band: number) => {
    for (let earlier = 0; earlier < band; earlier++)
      if (bandOf(a, earlier) === bandOf(b, earlier)) return true;
    return false;
  };
  // A function of its own, which runs without a pause: the loop in it is where the time goes.
  const compare = (sorted: Float64Array, i: number, end: number, band: number) => {
    const a = sorted[i]! % INDEX_ROOM;
    for (let j = i + 1; j < end; j++) {
      const b = sorted[j]! % INDEX_ROOM;
      const bits = hamming(hashes, a, b);
      if (bits <= distance && !agreeEarlier(a, b, band)) visit(a, b, bits);
    }
  };
  let compared = 0;
  for (let band = 0; band < bands; band++) {
    const sorted = Float64Array.from(indices, (index) => bandOf(index, band) * INDEX_ROOM + index).sort();
    const keyAt = (i: number) => Math.floor(sorted[i]! / INDEX_ROOM);
    for (let start = 0, end = 0; start < sorted.length; start = end) {
      while (end < sorted.length && keyAt(end) === keyAt(start)) end++;
      for (let i = start; i < end; i++) {
        compare(sorted, i, end, band);
        compared += end - i;
        if (compared < SLICE) continue;
        compared = 0;
        await pause();
      }
    }
  }
}

/** Bits in which two hashes differ. */
export function hamming(hashes: Uint32Array, a: number, b: number): number {
  return ones(hashes[2 * a]! ^ hashes[2 * b]!) + ones(hashes[2 * a + 1]! ^ hashes[2 * b + 1]!);
}

/** Bits `from` up to `to` of a hash, as a number. */
function bitsOf(hashes: Uint32Array, index: number, from: number, to: number): number {
  const [low, high] = [hashes[2 * index]!, hashes[2 * index + 1]!];
  const mask = 2 ** (to - from) - 1;
  if (from >= 32) return (high >>> (from - 32)) & mask;
  if (to <= 32) return (low >>> from) & mask;
  return ((low >>> from) | (high << (32 - from))) & mask;
}

function ones(bits: number): number {
  let value = bits - ((bits >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
