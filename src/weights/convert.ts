import { InputError } from '../errors.js';
import type { WeightMap, WeightSpec, WeightTensor } from '../model/weights.js';
import type { NameMap, SourceWeight } from './names/index.js';
import { gather, rowMajorStrides } from './strided.js';
import { toFloat32 } from './to-float32.js';

/** A base that a file may have been meant for, for the message when it does not fit the one asked for. */
export interface FitCandidate {
  name: string;
  targets: readonly WeightSpec[];
  map: NameMap;
}

export interface ConvertOptions {
  /** The file that the weights come from, for messages. */
  file: string;
  /** Called only when the weights do not fit: the bases to try them on. */
  candidates?: () => Iterable<FitCandidate>;
}

/** How weights and targets differ. */
interface Differences {
  missing: string[];
  extra: string[];
  shapes: string[];
}

/** Names printed of each kind of difference. */
const MOST_PRINTED = 10;

/**
 * Gives the weights of a source the names, layouts and type (float32) of a model. Each target has exactly one source
 * and each source exactly one target, and their shapes are equal after transposing; everything that differs is
 * told in one error.
 *
 * Values that need neither a transpose nor another type stay in the source's memory.
 */
export function convertWeights(
  given: WeightMap,
  targets: readonly WeightSpec[],
  map: NameMap,
  { file, candidates = () => [] }: ConvertOptions,
): WeightMap {
  const source = prepareWeights(given, targets, map);
  const resolve = map.bind(targets.map(({ name }) => name));
  const differences = compare(source, targets, map);
  if (!isEqual(differences)) throw mismatch(given, differences, file, candidates);
  return new Map(
    targets.map(({ name, shape }) => {
      const from = resolve(name) as SourceWeight;
      const tensor = source.get(from.source) as WeightTensor;
      return [name, { dtype: 'float32', shape, data: transposed(tensor, from.transpose) }];
    }),
  );
}

/**
 * The inverse of {@link convertWeights}: weights of the project under the names and in the layouts of a source, float32.
 *
 * @throws InputError for a weight that the source has no name for
 */
export function convertBack(weights: WeightMap, map: NameMap): WeightMap {
  const resolve = map.bind([...weights.keys()]);
  const converted: WeightMap = new Map();
  for (const [name, tensor] of weights) {
    const to = resolve(name);
    if (to === undefined) throw new InputError(`${map.description} have no name for the weight '${name}'.`);
    const order = to.transpose && inverse(to.transpose);
    const shape = order?.map((axis) => tensor.shape[axis] as number) ?? tensor.shape;
    converted.set(to.source, {
      dtype: 'float32',
      shape: to.linear ? shape.slice(0, 2) : shape,
      data: transposed(tensor, order),
    });
  }
  return converted;
}

const inverse = (order: readonly number[]): number[] => order.map((_, axis) => order.indexOf(axis));

/** The weights as the map binds them: the same names, but for sources that have more than it takes, or other shapes. */
export function prepareWeights(
  source: WeightMap,
  targets: readonly Pick<WeightSpec, 'name'>[],
  map: NameMap,
): WeightMap {
  return (
    map.prepare?.(
      source,
      targets.map(({ name }) => name),
    ) ?? source
  );
}

function compare(source: WeightMap, targets: readonly WeightSpec[], map: NameMap): Differences {
  const resolve = map.bind(targets.map(({ name }) => name));
  const used = new Set<string>();
  const differences: Differences = { missing: [], extra: [], shapes: [] };
  for (const { name, shape } of targets) {
    const from = resolve(name);
    const tensor = from && source.get(from.source);
    if (from === undefined || tensor === undefined) {
      differences.missing.push(from === undefined ? name : `${from.source} (for ${name})`);
      continue;
    }
    used.add(from.source);
    const received = permuted(tensor.shape, from.transpose);
    if (received?.join() !== shape.join()) {
      const order = from.transpose === undefined ? '' : `, in the order [${from.transpose}],`;
      differences.shapes.push(`${from.source} [${tensor.shape}]${order} for ${name} [${shape}]`);
    }
  }
  for (const name of source.keys())
    if (!used.has(name) && !map.ignored.test(name)) differences.extra.push(name);
  return differences;
}

function isEqual({ missing, extra, shapes }: Differences): boolean {
  return missing.length + extra.length + shapes.length === 0;
}

function mismatch(
  source: WeightMap,
  { missing, extra, shapes }: Differences,
  file: string,
  candidates: () => Iterable<FitCandidate>,
): InputError {
  const lines = [
    `The weights in ${file} do not fit this base: the file seems to hold another architecture.`,
    ...listed('missing', missing),
    ...listed('extra', extra),
    ...listed('of another shape', shapes),
    advice(source, candidates()),
  ];
  return new InputError(lines.join('\n'));
}

function listed(title: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const rest = names.length > MOST_PRINTED ? `; and ${names.length - MOST_PRINTED} more` : '';
  return [`  ${names.length} ${title}: ${names.slice(0, MOST_PRINTED).join('; ')}${rest}`];
}

function advice(source: WeightMap, candidates: Iterable<FitCandidate>): string {
  for (const { name, targets, map } of candidates) {
    if (isEqual(compare(prepareWeights(source, targets, map), targets, map)))
      return `It fits '${name}': use --base ${name}, or name another file.`;
  }
  return 'Name the base that it belongs to (--base), or another file (--weights).';
}

function permuted(
  shape: readonly number[],
  order: readonly number[] | undefined,
): readonly number[] | undefined {
  if (order === undefined) return shape;
  return order.length === shape.length ? order.map((axis) => shape[axis] as number) : undefined;
}

function transposed(tensor: WeightTensor, order: readonly number[] | undefined): Float32Array {
  const values = toFloat32(tensor);
  if (order === undefined) return values;
  const strides = rowMajorStrides(tensor.shape);
  return gather(values, 'float32', {
    offset: 0,
    shape: order.map((axis) => tensor.shape[axis] as number),
    strides: order.map((axis) => strides[axis] as number),
  }) as Float32Array;
}
