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
  const { length } = labels;
  const { rows, starts } = rowsByClass(labels);
  const classes = starts.length - 1;
  const random = Random.seeded(seed, STREAMS.balance, epoch);
  const order = new Int32Array(length);
  // Draws of every class so far: positions are shared out evenly, the remainder by turns of the classes.
  const drawn = Float64Array.from({ length: classes }, (_, k) => drawsBefore(length, classes, k, epoch));
  // Each class's rows in the order of its present pass, where those of the class lie in `rows`.
  const passes = new Int32Array(length);
  const present = new Float64Array(classes).fill(-1);
  const next = (k: number): number => {
    const [start, end] = [starts[k]!, starts[k + 1]!];
    const draw = drawn[k]!++;
    const pass = Math.floor(draw / (end - start));
    if (present[k] !== pass) {
      passes.set(rows.subarray(start, end), start);
      Random.seeded(seed, STREAMS.pass, k, pass).shuffle(passes.subarray(start, end));
      present[k] = pass;
    }
    return passes[start + draw - pass * (end - start)]!;
  };
  const round = Int32Array.from({ length: classes }, (_, k) => k);
  const full = Math.floor(length / classes) * classes;
  for (let at = 0; at < full; at += classes) {
    random.shuffle(round);
    for (let i = 0; i < classes; i++) order[at + i] = next(round[i]!);
  }
  // What is left over goes to the classes whose turn it is.
  const left = length - full;
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

/** The images of each class that has any, class after class in the order of their indices, and where each class starts. */
function rowsByClass(labels: Int32Array): { rows: Int32Array; starts: Int32Array } {
  let highest = -1;
  for (const label of labels) if (label > highest) highest = label;
  const counts = new Int32Array(highest + 1);
  for (const label of labels) counts[label]!++;
  const starts = [0];
  const free = new Int32Array(counts.length);
  for (const [label, count] of counts.entries()) {
    if (count === 0) continue;
    free[label] = starts.at(-1)!;
    starts.push(free[label]! + count);
  }
  const rows = new Int32Array(labels.length);
  for (let row = 0; row < labels.length; row++) rows[free[labels[row]!]!++] = row;
  return { rows, starts: Int32Array.from(starts) };
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
