import { DisjointSets } from './disjoint-sets.js';
import type { Measurements } from './measurements.js';
import { nearPairs } from './near-pairs.js';
import { type Pause, pauses } from './pauses.js';
import { correlation } from './perceptual-hash.js';
import type { ImageRef, Sample } from './sample.js';

/** Images that are the same. */
export interface DuplicateGroup {
  /** `exact`: all have the same bytes. `near`: some look the same: resized, encoded anew, brighter. */
  kind: 'exact' | 'near';
  images: ImageRef[];
}

/** A held-out image that is among the training images too. */
export interface Leak {
  kind: DuplicateGroup['kind'];
  heldOut: ImageRef;
  /** The training image that is most like it. */
  training: ImageRef;
}

/** What is there more than once. */
export interface Duplicates {
  groups: DuplicateGroup[];
  leaks: Leak[];
  /** Groups whose images are of different classes. */
  labelConflicts: DuplicateGroup[];
  /** Whether images that look alike were sought: not among images too small to tell. */
  soughtNear: boolean;
}

/** Bits of 64 in which the hashes of images that look the same may differ. */
const DISTANCE = 4;
/** Correlation that their thumbs have at least. */
const CORRELATION = 0.97;
/** Shorter side from which on images have enough in them to tell which are the same. */
const LEAST_SIDE = 24;
/** Images between two pauses, where each is compared with those of its own hash. */
const SLICE = 64;

/**
 * Finds the images of a sample that are there more than once, in time that grows with their number and not its square.
 *
 * @param options.signal stops it: it then throws the signal's reason
 */
export async function findDuplicates(
  sample: Sample,
  measurements: Measurements,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Duplicates> {
  const pause = pauses(signal);
  const sets = new DisjointSets(sample.length);
  // 1. The same bytes. The first image of each content stands for the others from here on.
  const firsts = new Map<string, number>();
  const distinct: number[] = [];
  for (const index of measurements.read) {
    const digest = measurements.digestOf(index);
    const first = firsts.get(digest);
    if (first !== undefined) sets.join(first, index);
    else {
      firsts.set(digest, index);
      distinct.push(index);
    }
  }
  // 2. The same looks. Of images of one colour all look the same, and say nothing.
  const { width, height } = measurements;
  const telling = distinct.filter(
    (index) =>
      measurements.isDecoded[index] === 1 &&
      Math.min(width[index]!, height[index]!) >= LEAST_SIDE &&
      !measurements.isConstant(index),
  );
  await joinNear(telling, measurements, { sets, pause });

  const groups = sets.groups().map((indices) => {
    const kind = new Set(indices.map((index) => measurements.digestOf(index))).size === 1 ? 'exact' : 'near';
    return { kind, indices } as const;
  });
  const named = ({ kind, indices }: (typeof groups)[number]): DuplicateGroup => ({
    kind,
    images: indices.map((index) => sample.refOf(index)),
  });
  const leaks: Leak[] = [];
  for (const { indices } of groups) {
    const training = indices.filter((index) => sample.splitOf(index) === 'train');
    if (training.length === 0) continue;
    for (const index of indices.filter((index) => sample.splitOf(index) === 'test')) {
      leaks.push(leakOf(index, training, sample, measurements));
      await pause();
    }
  }
  return {
    groups: groups.map(named),
    leaks,
    labelConflicts: groups
      .filter(({ indices }) => new Set(indices.map((index) => sample.labelOf(index))).size > 1)
      .map(named),
    soughtNear: telling.length > 0,
  };
}

async function joinNear(
  indices: readonly number[],
  measurements: Measurements,
  { sets, pause }: { sets: DisjointSets; pause: Pause },
): Promise<void> {
  const { hashes } = measurements;
  const join = (a: number, b: number): boolean => {
    const alike = correlation(measurements.thumbOf(a), measurements.thumbOf(b)) >= CORRELATION;
    if (alike) sets.join(a, b);
    return alike;
  };
  // Many images may have one hash: each is compared with those of it that are not alike already.
  const leaders = new Map<bigint, number[]>();
  const compared: number[] = [];
  for (const [at, index] of indices.entries()) {
    const hash = (BigInt(hashes[2 * index + 1]!) << 32n) | BigInt(hashes[2 * index]!);
    const known = leaders.get(hash) ?? [];
    if (at % SLICE === 0) await pause();
    if (known.some((leader) => join(leader, index))) continue;
    known.push(index);
    leaders.set(hash, known);
    compared.push(index);
  }
  await nearPairs(hashes, Int32Array.from(compared), { distance: DISTANCE, visit: join, pause });
}

function leakOf(
  index: number,
  training: readonly number[],
  sample: Sample,
  measurements: Measurements,
): Leak {
  const thumb = measurements.thumbOf(index);
  const digest = measurements.digestOf(index);
  const same = training.find((each) => measurements.digestOf(each) === digest);
  const likeness = (each: number) => correlation(thumb, measurements.thumbOf(each));
  const nearest = same ?? training.reduce((a, b) => (likeness(b) > likeness(a) ? b : a));
  return {
    kind: same === undefined ? 'near' : 'exact',
    heldOut: sample.refOf(index),
    training: sample.refOf(nearest),
  };
}
