import type { LayersTopology } from '../../../models/topology.js';

type Layer = LayersTopology['config']['layers'][number];

/** Side that is assumed where a topology leaves its input's size open, in pixels. */
const USUAL_SIZE = 224;

/** Class names for a model that has none: the indices of its logits. None where no layer tells their number. */
export function indexLabels(topology: LayersTopology): string[] {
  return Array.from({ length: classCount(topology) ?? 0 }, (_, index) => String(index));
}

/** Layers after which the number of features is no longer that of an earlier layer's units. */
const RESHAPING = new Set([
  'Flatten',
  'Reshape',
  'Permute',
  'RepeatVector',
  'Concatenate',
  'DepthwiseConv2D',
]);

/** Logits of a model: units or filters of the last layer that has any, going back from its output. */
export function classCount(topology: LayersTopology): number | undefined {
  const { layers } = topology.config;
  const byName = new Map(layers.map((layer) => [nameOf(layer), layer]));
  let layer: Layer | undefined =
    topology.class_name === 'Sequential'
      ? layers.at(-1)
      : byName.get(topology.config.output_layers[0]?.[0] ?? '');
  for (let steps = 0; layer !== undefined && steps < layers.length; steps += 1) {
    const count = layer.config.units ?? layer.config.filters;
    if (typeof count === 'number') return count;
    if (RESHAPING.has(layer.class_name)) return undefined;
    layer = before(topology, layer, byName);
  }
  return undefined;
}

/** Side of the square input as the first layer with a shape has it, `[null, height, width, channels]`; else 224. */
export function inputSize(topology: LayersTopology): number {
  for (const { config } of topology.config.layers) {
    const shape = config.batch_input_shape ?? config.batch_shape;
    if (Array.isArray(shape) && typeof shape[1] === 'number') return shape[1];
  }
  return USUAL_SIZE;
}

function before(
  topology: LayersTopology,
  layer: Layer,
  byName: ReadonlyMap<unknown, Layer>,
): Layer | undefined {
  if (topology.class_name === 'Sequential') {
    const { layers } = topology.config;
    return layers[layers.indexOf(layer) - 1];
  }
  const node: unknown = 'inbound_nodes' in layer ? layer.inbound_nodes?.[0]?.[0]?.[0] : undefined;
  return byName.get(node);
}

function nameOf(layer: Layer): string {
  return 'name' in layer && typeof layer.name === 'string' ? layer.name : layer.config.name;
}
