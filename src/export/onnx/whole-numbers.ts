import type { GraphNode } from '../../../models/topology.js';
import { intAttribute } from '../../model/graph/attributes.js';
import { plainSlices, stridedSlices } from './slices.js';
import { OPEN, type Value } from './value.js';

type Numbers = readonly number[];

const product = (numbers: Numbers): number =>
  numbers.includes(OPEN) ? OPEN : numbers.reduce((a, b) => a * b, 1);

/** Shapes that a graph computes as it runs are known beforehand, but for the batch: what is computed with that is open. */
const arithmetic =
  (compute: (a: number, b: number) => number) =>
  ([a, b]: readonly Numbers[]): Numbers => {
    const length = Math.max(a!.length, b!.length);
    return Array.from({ length }, (_, i) => {
      const [x, y] = [a![a!.length === 1 ? 0 : i]!, b![b!.length === 1 ? 0 : i]!];
      return x === OPEN || y === OPEN ? OPEN : compute(x, y);
    });
  };

const PAIRS: Readonly<Record<string, (operands: readonly Numbers[]) => Numbers>> = {
  Add: arithmetic((a, b) => a + b),
  AddV2: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  FloorDiv: arithmetic((a, b) => Math.floor(a / b)),
  Maximum: arithmetic(Math.max),
  Minimum: arithmetic(Math.min),
};

/**
 * What a node computes of whole numbers that are known; undefined for one that is no such computation.
 *
 * @param inputs the node's
 */
export function computeWhole(node: GraphNode, inputs: readonly Value[]): Value | undefined {
  if (node.op === 'Shape') return whole(node, inputs[0]!.shape, [inputs[0]!.shape.length]);
  if (node.op === 'Size') return whole(node, [product(inputs[0]!.shape)], []);
  if (node.op === 'Rank') return whole(node, [inputs[0]!.shape.length], []);
  if (inputs.length === 0 || inputs.some((input) => input.kind !== 'int' || !input.whole)) return undefined;
  const numbers = inputs.map((input) => input.whole!);
  const [x] = numbers as [Numbers];
  const isScalar = inputs.every(({ shape }) => shape.length === 0);
  const pair = PAIRS[node.op];
  if (pair) return whole(node, pair(numbers), isScalar ? [] : undefined);
  switch (node.op) {
    case 'Cast':
    case 'Identity':
      return whole(node, x, inputs[0]!.shape);
    case 'Pack':
      return intAttribute(node, 'axis') === 0 && isScalar ? whole(node, numbers.flat()) : undefined;
    case 'ConcatV2':
      return whole(node, numbers.slice(0, -1).flat());
    case 'Prod':
      return whole(node, [product(x)], []);
    case 'Range': {
      const [start, limit, step] = numbers.map(([value]) => value!) as [number, number, number];
      if (limit === OPEN) return undefined;
      const count = Math.max(0, Math.ceil((limit - start) / step));
      return whole(
        node,
        Array.from({ length: count }, (_, i) => start + i * step),
      );
    }
    case 'Reshape':
    case 'Squeeze':
    case 'ExpandDims':
      return x.length === 1
        ? whole(node, x, node.op === 'Squeeze' || numbers[1]?.length === 0 ? [] : [1])
        : undefined;
    case 'Slice':
      return taken(node, x, plainSlices([x.length], numbers[1]!, numbers[2]!));
    case 'StridedSlice': {
      const [, begin, end, strides] = numbers as [Numbers, Numbers, Numbers, Numbers];
      return taken(node, x, stridedSlices(node, [x.length], { begin, end, strides }));
    }
    case 'GatherV2':
      return whole(
        node,
        numbers[1]!.map((place) => x.at(place)!),
        inputs[1]!.shape,
      );
    default:
      return undefined;
  }
}

function taken(node: GraphNode, x: Numbers, found: ReturnType<typeof stridedSlices>): Value | undefined {
  if (found?.slices.length !== 1) return undefined;
  const [slice] = found.slices;
  if (!slice) return whole(node, x);
  const numbers = Array.from({ length: slice.count }, (_, i) => x[slice.begin + i * slice.step]!);
  return whole(node, numbers, found.shape);
}

function whole({ name }: GraphNode, numbers: Numbers, shape: Numbers = [numbers.length]): Value {
  const data = Int32Array.from(numbers);
  const constant = numbers.includes(OPEN) ? {} : { constant: { dtype: 'int32' as const, shape, data } };
  return { name, shape, kind: 'int', whole: numbers, ...constant, forms: new Map() };
}
