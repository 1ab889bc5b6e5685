import type { GraphTopology, LayersTopology, Topology } from '../../../models/topology.js';
import { sizeOf } from '../../tensorflow/index.js';
import { intsAttribute } from '../graph/attributes.js';
import { dataInputs, sourceOf } from '../graph/nodes.js';
import { traceShapes } from '../graph/shapes.js';
import { traceLayers } from '../trace.js';

/**
 * How many values each layer gives for one image, by its name; of a graph, each operation. Of a graph it is an estimate,
 * as its height and width are open: the pixels of the image, divided by the strides on the way.
 */
export function layerSizes(
  topology: Topology,
  options: { imageSize?: number; inputShape: readonly number[] },
): Map<string, number> {
  return topology.class_name === 'Graph'
    ? operationSizes(topology, options)
    : sizesOfLayers(topology, options);
}

const sizesOfLayers = (topology: LayersTopology, { imageSize }: { imageSize?: number }) =>
  new Map(
    traceLayers(topology, imageSize === undefined ? {} : { imageSize }).map(({ name, shape }) => [
      name,
      sizeOf(shape),
    ]),
  );

function operationSizes(
  topology: GraphTopology,
  { inputShape }: { inputShape: readonly number[] },
): Map<string, number> {
  const { nodes, input } = topology.config;
  const shapes = traceShapes(topology);
  const pixels = new Map([[input, inputShape[0]! * inputShape[1]!]]);
  const sizes = new Map<string, number>();
  for (const node of nodes) {
    const taken = dataInputs(node).flatMap((each) => pixels.get(sourceOf(each).node) ?? []);
    if (taken.length > 0) pixels.set(node.name, Math.max(...taken) / sizeOf(intsAttribute(node, 'strides')));
    const [, height = 1, width = 1, channels = 1] = imageOf(shapes.get(node.name) ?? []);
    const open = height < 0 || width < 0;
    const area = open ? (pixels.get(node.name) ?? 1) : height * width;
    sizes.set(node.name, Math.max(1, area * Math.max(1, channels)));
  }
  return sizes;
}

/** A shape as that of images; a vector is an image of one pixel. */
const imageOf = (shape: readonly number[]) => (shape.length === 2 ? [shape[0]!, 1, 1, shape[1]!] : shape);
