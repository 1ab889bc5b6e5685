import { findBase } from '../../models/catalogue/index.js';
import type { Topology } from '../../models/topology.js';
import { buildForward, type WeightMap } from '../../src/model/index.js';
import { nameMap } from '../../src/weights/names/index.js';
import { pseudoRandom } from '../model/run-layers.js';

/** Weights of a base as a source names and lays them out, with values that differ from weight to weight. */
export function sourceWeights(
  baseName: string,
  source: string,
  { classes = 1000, seed = 1 }: { classes?: number; seed?: number } = {},
): WeightMap {
  const map = nameMap(source);
  const topology = findBase(baseName)!.build({ classes, ...map.conventions(baseName) });
  const { weights } = buildForward(topology, { training: false });
  const resolve = map.bind(weights.map(({ name }) => name));
  return new Map(
    weights.map(({ name, shape }, i) => {
      const from = resolve(name)!;
      const size = shape.reduce((a, b) => a * b, 1);
      const data = pseudoRandom(size, { seed: seed + i, scale: 0.2 });
      // Variances must be positive.
      const values = name.includes('variance') ? data.map((x) => 1 + x) : data;
      // Axis i of the target is axis transpose[i] of the source.
      const own = from.transpose ? shape.map((_, axis) => shape[from.transpose!.indexOf(axis)]!) : shape;
      return [from.source, { dtype: 'float32', shape: own, data: values }];
    }),
  );
}

/** Values for every weight of a topology, under its own names. */
export function topologyWeights(topology: Topology): WeightMap {
  return new Map(
    buildForward(topology, { training: false }).weights.map(({ name, shape }, i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = pseudoRandom(size, { seed: i + 1, scale: 0.2 });
      const values = name.includes('variance') ? data.map((x) => 1 + x) : data;
      return [name, { dtype: 'float32', shape, data: values }];
    }),
  );
}
