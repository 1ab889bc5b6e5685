import type { GraphNode } from '../../../models/topology.js';
import { intAttribute } from '../../model/graph/attributes.js';

/** What is taken along one axis. */
export interface Slice {
  begin: number;
  /** The first one that is not taken; for a negative step -1 is before the first. */
  end: number;
  step: number;
  /** How many are taken. */
  count: number;
}

/** A slice of each axis, undefined for all of it; and the shape that results. */
export interface Slices {
  slices: readonly (Slice | undefined)[];
  shape: readonly number[];
}

const OPEN = -1;

/** `Slice`: sizes of -1 take what is left. */
export function plainSlices(
  shape: readonly number[],
  begin: readonly number[],
  sizes: readonly number[],
): Slices {
  const slices = shape.map((size, axis): Slice | undefined => {
    const start = begin[axis]!;
    const count = sizes[axis] === -1 ? size - start : sizes[axis]!;
    const isAll = start === 0 && (sizes[axis] === -1 || sizes[axis] === size);
    return isAll ? undefined : { begin: start, end: start + count, step: 1, count };
  });
  return { slices, shape: slices.map((slice, axis) => slice?.count ?? shape[axis]!) };
}

/**
 * `StridedSlice`, with its masks: bit i of them is about entry i of `begin`, `end` and `strides`.
 *
 * @returns undefined where the part of an open axis hangs on its size
 */
export function stridedSlices(
  node: GraphNode,
  sizes: readonly number[],
  { begin, end, strides }: { begin: readonly number[]; end: readonly number[]; strides: readonly number[] },
): Slices | undefined {
  const mask = (name: string) => (entry: number) => ((intAttribute(node, `${name}_mask`) >> entry) & 1) === 1;
  const [fromStart, toEnd, isRest, isNew, isOne] = [
    'begin',
    'end',
    'ellipsis',
    'new_axis',
    'shrink_axis',
  ].map(mask) as [Mask, Mask, Mask, Mask, Mask];
  const entries = begin.map((_, entry) => entry);
  const named = entries.filter((entry) => !isNew(entry) && !isRest(entry)).length;
  const slices: (Slice | undefined)[] = [];
  const shape: number[] = [];
  const takeAll = () => {
    shape.push(sizes[slices.length]!);
    slices.push(undefined);
  };
  for (const entry of entries) {
    if (isRest(entry)) {
      for (let rest = sizes.length - named; rest > 0; rest--) takeAll();
    } else if (isNew(entry)) {
      shape.push(1);
    } else {
      const size = sizes[slices.length]!;
      const step = isOne(entry) ? 1 : strides[entry]!;
      const all = step === 1 && !isOne(entry) && (fromStart(entry) || begin[entry] === 0) && toEnd(entry);
      if (all) {
        takeAll();
        continue;
      }
      if (size === OPEN) return undefined;
      const slice = oneSlice(size, step, {
        begin: fromStart(entry) ? undefined : begin[entry]!,
        end: isOne(entry) ? begin[entry]! + 1 || size : toEnd(entry) ? undefined : end[entry]!,
      });
      slices.push(slice);
      if (!isOne(entry)) shape.push(slice.count);
    }
  }
  while (slices.length < sizes.length) takeAll();
  return { slices, shape };
}

type Mask = (entry: number) => boolean;

/** Counts from the end, and keeps within the axis, as TensorFlow does. */
function oneSlice(
  size: number,
  step: number,
  given: { begin: number | undefined; end: number | undefined },
): Slice {
  const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
  const within = (place: number | undefined, otherwise: number) =>
    place === undefined ? otherwise : Math.min(highest, Math.max(lowest, place < 0 ? place + size : place));
  const begin = within(given.begin, step > 0 ? 0 : size - 1);
  const end = within(given.end, step > 0 ? size : -1);
  return { begin, end, step, count: Math.max(0, Math.ceil((end - begin) / step)) };
}
