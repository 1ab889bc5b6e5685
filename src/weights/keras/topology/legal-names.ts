import type { FunctionalTopology } from '../../../../models/topology.js';
import type { WeightMap } from '../../../model/weights.js';
import { splitTarget } from '../../names/split-target.js';

/** A model whose layers have names that Keras 3 takes. */
export interface LegallyNamed {
  topology: FunctionalTopology;
  weights: WeightMap;
}

/** Keras 3 refuses layers with a slash in their names, which Keras 2 and TensorFlow make: it becomes `_`. */
export function withLegalNames({ topology, weights }: LegallyNamed): LegallyNamed {
  const names = legalNames(topology);
  if ([...names].every(([from, to]) => from === to)) return { topology, weights };
  const copy = structuredClone(topology);
  const { layers, input_layers: inputs, output_layers: outputs } = copy.config;
  const follow = (reference: [string, ...unknown[]]) => {
    reference[0] = names.get(reference[0])!;
  };
  for (const layer of layers) {
    layer.name = names.get(layer.name)!;
    layer.config.name = layer.name;
    layer.inbound_nodes?.flat().forEach(follow);
  }
  inputs.forEach(follow);
  outputs.forEach(follow);
  const renamed = [...weights].map(([target, tensor]) => {
    const { layer, weight } = splitTarget(target);
    return [`${names.get(layer)}/${weight}`, tensor] as const;
  });
  return { topology: copy, weights: new Map(renamed) };
}

function legalNames({ config }: FunctionalTopology): Map<string, string> {
  const taken = new Set(config.layers.map(({ name }) => name));
  return new Map(
    config.layers.map(({ name }) => {
      if (!name.includes('/')) return [name, name];
      const wished = name.replaceAll('/', '_');
      let legal = wished;
      for (let i = 2; taken.has(legal); i += 1) legal = `${wished}_${i}`;
      taken.add(legal);
      return [name, legal];
    }),
  );
}
