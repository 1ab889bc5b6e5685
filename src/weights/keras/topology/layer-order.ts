import type { FunctionalTopology, LayerConfig } from '../../../../models/topology.js';

/** One call of a layer. */
interface Call {
  layer: LayerConfig;
  parents: Call[];
}

/**
 * The same topology with its layers in the order that Keras gives them when it opens a file, whatever the file's own is: by
 * their distance from the output, and among equals as a walk from the output comes to them. Files tell weights by that order.
 * Layers that the output does not depend on are left out, as Keras leaves them out.
 */
export function inKerasOrder(topology: FunctionalTopology): FunctionalTopology {
  const { layers, output_layers: outputs } = topology.config;
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const made = new Map<string, Call>();
  const finished: Call[] = [];
  const walked = new Map<LayerConfig, number>();

  const walk = (name: string, index: number): Call => {
    const key = `${name}:${index}`;
    const known = made.get(key);
    if (known) return known;
    const layer = byName.get(name)!;
    if (!walked.has(layer)) walked.set(layer, walked.size);
    const call: Call = { layer, parents: [] };
    made.set(key, call);
    for (const [from, at] of layer.inbound_nodes?.[index] ?? []) call.parents.push(walk(from, at));
    finished.push(call);
    return call;
  };
  for (const [name, index] of outputs) walk(name, index);

  const depths = new Map<Call, number>();
  const layerDepths = new Map<LayerConfig, number>();
  for (const call of finished.reverse()) {
    // Of a layer that is called more than once, the call that is farthest from the output counts.
    const depth = Math.max(depths.get(call) ?? 0, layerDepths.get(call.layer) ?? 0);
    layerDepths.set(call.layer, depth);
    for (const parent of call.parents) depths.set(parent, Math.max(depth + 1, depths.get(parent) ?? 0));
  }
  const ordered = [...walked.keys()].sort(
    (a, b) => layerDepths.get(b)! - layerDepths.get(a)! || walked.get(a)! - walked.get(b)!,
  );
  return { ...topology, config: { ...topology.config, layers: ordered } };
}
