import type { WeightMap, WeightTensor } from '../../model/weights.js';
import type { NameMap } from './name-map.js';

/** How well the keys of a file are what a name map expects for the weights of a model. */
export interface NameMapFit {
  map: NameMap;
  /** Targets whose source is among the keys. */
  matched: number;
  /** Targets without a source among the keys. */
  missing: number;
  /** Keys that no target takes, and that are not ignored. */
  extra: number;
}

/** Stands for tensors of which only the name matters. */
const NAMED: WeightTensor = { dtype: 'float32', shape: [], data: new Float32Array(1) };

/** Counts what each map finds of the targets among the keys, and puts the best first. Shapes are not looked at. */
export function guess(
  maps: readonly NameMap[],
  keys: Iterable<string>,
  targets: readonly string[],
): NameMapFit[] {
  const source: WeightMap = new Map([...keys].map((key) => [key, NAMED]));
  return maps
    .map((map) => countFit(map, source, targets))
    .filter(({ matched }) => matched > 0)
    .sort((a, b) => a.missing + a.extra - (b.missing + b.extra));
}

function countFit(map: NameMap, source: WeightMap, targets: readonly string[]): NameMapFit {
  const keys = new Set((map.prepare?.(source, targets) ?? source).keys());
  const resolve = map.bind(targets);
  const sources = targets.map((target) => resolve(target)?.source);
  const used = new Set(sources.filter((source) => source !== undefined && keys.has(source)));
  const extra = [...keys].filter((key) => !used.has(key) && !map.ignored.test(key)).length;
  const matched = sources.filter((source) => source !== undefined && used.has(source)).length;
  return { map, matched, missing: targets.length - matched, extra };
}
