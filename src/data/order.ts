import { invalid } from '../errors.js';
import { Random, STREAMS, shuffled } from './random.js';

/**
 * How an epoch goes over its images: `shuffled`, each once; `balanced`, each class as often as the others; `sequential`, as
 * they lie.
 */
export const SAMPLINGS = ['shuffled', 'balanced', 'sequential'] as const;

/** Name of a way to go over the images. */
export type Sampling = (typeof SAMPLINGS)[number];

/** What an order depends on. */
export interface OrderOptions {
  /** Class index of each image, `[n]`. */
  labels: Int32Array;
  /** Of the run. */
  seed: number;
  /** Each epoch has an order of its own. */
  epoch: number;
  /** @default 'shuffled' */
  sampling?: Sampling;
  /**
   * Where images lie in blocks that are read as a whole, the block of each, ascending: a shuffled epoch takes blocks in
   * random order, and shuffles the images of a few of them at a time. @default each image is reached as easily as any other
   */
  blocks?: Int32Array | undefined;
}

/** Blocks whose images are shuffled together. */
const WINDOW = 8;

/**
 * The images of one epoch in order: a pure function of its arguments, so that going on in the middle needs no state but
 * the position.
 *
 * @returns `[n]` positions in `labels`; a permutation of them unless the sampling is balanced
 */
export function epochOrder({ labels, seed, epoch, sampling = 'shuffled', blocks }: OrderOptions): Int32Array {
  switch (sampling) {
    case 'sequential':
      return Int32Array.from(labels, (_, row) => row);
    case 'balanced':
      return balanced(labels, seed, epoch);
    case 'shuffled':
      return blocks ? shuffledByBlocks(blocks, seed, epoch) : shuffled(labels.length, seed, epoch);
  }
}

/** The image at one position of an epoch. */
export const positionAt = (options: OrderOptions, position: number): number => epochOrder(options)[position]!;

/**
 * Every class equally often: round after round of all classes that have images, each round in a random order of its own.
 * The images of a class come in shuffled passes, none again before all of the class were there; passes go on from epoch to
 * epoch, so that of a large class all images are used in turn.
 */
function balanced(labels: Int32Array, seed: number, epoch: number): Int32Array {
  const rows = rowsByClass(labels);
  const classes = rows.length;
  const random = Random.seeded(seed, STREAMS.balance, epoch);
  const order = new Int32Array(labels.length);
  // Draws of every class in the epochs before: positions are shared out evenly, the remainder by turns of the classes.
  const drawn = rows.map((_, k) => drawsBefore(labels.length, classes, k, epoch));
  const passes = new Map<string, Int32Array>();
  const taken = new Int32Array(classes);
  const next = (k: number): number => {
    const own = rows[k]!;
    const draw = drawn[k]! + taken[k]!++;
    const [pass, place] = [Math.floor(draw / own.length), draw % own.length];
    const key = `${k} ${pass}`;
    let shuffledRows = passes.get(key);
    if (!shuffledRows) {
      shuffledRows = Random.seeded(seed, STREAMS.pass, k, pass).shuffle(Int32Array.from(own));
      passes.delete(`${k} ${pass - 1}`);
      passes.set(key, shuffledRows);
    }
    return shuffledRows[place]!;
  };
  const round = Int32Array.from({ length: classes }, (_, k) => k);
  const full = Math.floor(labels.length / classes) * classes;
  for (let at = 0; at < full; at += classes) {
    random.shuffle(round);
    for (const [i, k] of round.entries()) order[at + i] = next(k);
  }
  // What is left over goes to the classes whose turn it is.
  const left = labels.length - full;
  for (let i = 0; i < left; i++) order[full + i] = next((epoch * left + i) % classes);
  return order;
}

/** How often a class was drawn in the epochs before `epoch`. */
function drawsBefore(length: number, classes: number, k: number, epoch: number): number {
  const left = length % classes;
  const extra = epoch * left;
  // The left-over positions of all epochs, one behind the other, go around the classes.
  return epoch * Math.floor(length / classes) + Math.floor(extra / classes) + (k < extra % classes ? 1 : 0);
}

/** The images of each class that has any, in the order of the class indices. */
function rowsByClass(labels: Int32Array): Int32Array[] {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const rows = new Map([...counts].sort(([a], [b]) => a - b).map(([label, n]) => [label, new Int32Array(n)]));
  const filled = new Map<number, number>();
  for (const [row, label] of labels.entries()) {
    const at = filled.get(label) ?? 0;
    rows.get(label)![at] = row;
    filled.set(label, at + 1);
  }
  return [...rows.values()];
}

function shuffledByBlocks(blocks: Int32Array, seed: number, epoch: number): Int32Array {
  const starts: number[] = [];
  for (let row = 0; row < blocks.length; row++)
    if (row === 0 || blocks[row] !== blocks[row - 1]) starts.push(row);
  const random = Random.seeded(seed, STREAMS.epoch, epoch);
  const blockOrder = random.shuffle(Int32Array.from(starts.keys()));
  const order = new Int32Array(blocks.length);
  let filled = 0;
  for (let at = 0; at < blockOrder.length; at += WINDOW) {
    const from = filled;
    for (const block of blockOrder.subarray(at, at + WINDOW)) {
      const end = starts[block + 1] ?? blocks.length;
      for (let row = starts[block]!; row < end; row++) order[filled++] = row;
    }
    random.shuffle(order.subarray(from, filled));
  }
  return order;
}

/** Which part of an order one of several workers takes. */
export interface Shard {
  /** From 0. */
  index: number;
  /** Workers in all. */
  count: number;
  /** Makes all shards equally long: repeats images from the start of the order (`pad`), or leaves out the last (`drop`). */
  rest: 'pad' | 'drop';
}

/** Every `count`-th image of an order: the shards are disjoint, and complete but for what is left out. */
export function shardOf(order: Int32Array, { index, count, rest }: Shard): Int32Array {
  if (!(Number.isInteger(count) && count >= 1)) throw invalid('shards', 'a whole number of 1 or more', count);
  if (!(Number.isInteger(index) && index >= 0 && index < count))
    throw invalid('shard', `a number in 0..${count - 1}`, index);
  const length = (rest === 'pad' ? Math.ceil : Math.floor)(order.length / count);
  return Int32Array.from({ length }, (_, i) => order[(i * count + index) % order.length]!);
}

/** What becomes of a last batch that is not full: it is kept as it is, dropped, or padded from the start of the order. */
export const LAST_BATCHES = ['keep', 'drop', 'pad'] as const;

/** Name of a way to end. */
export type LastBatch = (typeof LAST_BATCHES)[number];

/** An order whose last batch is as asked. */
export function endedBy(order: Int32Array, batchSize: number, lastBatch: LastBatch): Int32Array {
  const over = order.length % batchSize;
  if (over === 0 || lastBatch === 'keep') return order;
  if (lastBatch === 'drop') return order.subarray(0, order.length - over);
  const padded = new Int32Array(order.length + batchSize - over);
  for (let i = 0; i < padded.length; i++) padded[i] = order[i % order.length]!;
  return padded;
}
