import { Random, STREAMS } from './random.js';

/** Positions of each class's images, shuffled, in the order of the class indices. */
function shuffledByClass(
  labels: Int32Array,
  seed: number,
  stream: number,
): [label: number, rows: Int32Array][] {
  const groups = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const rows = groups.get(label);
    if (rows) rows.push(row);
    else groups.set(label, [row]);
  });
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([label, rows]) => [label, Random.seeded(seed, stream, label).shuffle(Int32Array.from(rows))]);
}

/**
 * Splits every class in the same proportion. A class with two images or more is in both parts; of a class with one, it
 * stays in the training part.
 *
 * @param labels class index of each image
 * @param fraction held-out part, 0 < fraction < 1
 * @returns positions in `labels`, ascending, disjoint and complete
 */
export function splitStratified(
  labels: Int32Array,
  fraction: number,
  seed: number,
): { train: Int32Array; test: Int32Array } {
  const isHeldOut = new Uint8Array(labels.length);
  for (const [, rows] of shuffledByClass(labels, seed, STREAMS.split)) {
    const heldOut = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * fraction)));
    for (const row of rows.subarray(0, heldOut)) isHeldOut[row] = 1;
  }
  const rows = Int32Array.from(labels, (_, row) => row);
  return { train: rows.filter((row) => !isHeldOut[row]), test: rows.filter((row) => isHeldOut[row]) };
}

/**
 * Takes `n` images, each class in proportion, and at least one of each class where `n` allows: the i-th image of a class
 * with k images has rank i / k, and the n lowest ranks are taken (Adams's method of apportionment).
 *
 * @returns `n` positions in `labels`, ascending
 */
export function sampleStratified(labels: Int32Array, n: number, seed: number): Int32Array {
  const ranked = shuffledByClass(labels, seed, STREAMS.limit).flatMap(([, rows]) =>
    Array.from(rows, (row, i) => ({ row, rank: i / rows.length })),
  );
  // Equal ranks stay in the order of the classes: sort() is stable.
  ranked.sort((a, b) => a.rank - b.rank);
  return Int32Array.from(ranked.slice(0, n), ({ row }) => row).sort();
}
