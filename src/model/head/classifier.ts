import type { FunctionalTopology, LayerConfig } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { traceLayers } from '../trace.js';

/** Name of the layer that a cut network ends in: what goes in there is not a classifier, whatever it looks like. */
export const FEATURES = 'features';

/** The layer that gives the logits, a `Dense` or a 1 x 1 `Conv2D`, and the layers behind it, from the last one back. */
export interface Classifier {
  layer: LayerConfig;
  tail: readonly LayerConfig[];
}

/** Layers that may stand behind a classifier: they change its values or shape, not what they mean. */
const TAIL: readonly string[] = ['Activation', 'Softmax', 'Flatten', 'Reshape'];

/** Activations of a layer whose values are scores of classes. */
const SCORES: readonly unknown[] = [undefined, null, 'linear', 'softmax', 'sigmoid'];

/**
 * Finds the classifier, or undefined where the network ends in features: an image, or what is left of it after pooling.
 *
 * @throws InputError where the network ends in a softmax over something that is no such layer
 */
export function findClassifier(
  graph: FunctionalTopology,
  { imageSize }: { imageSize?: number } = {},
): Classifier | undefined {
  const byName = new Map(graph.config.layers.map((layer) => [layer.name, layer]));
  const tail: LayerConfig[] = [];
  let layer = byName.get(graph.config.output_layers[0]![0]);
  while (layer && layer.name !== FEATURES && TAIL.includes(layer.class_name)) {
    tail.push(layer);
    layer = byName.get(layer.inbound_nodes![0]![0]![0]);
  }
  if (!layer || layer.name === FEATURES) return undefined;
  const scores = SCORES.includes(layer.config.activation);
  if (layer.class_name === 'Dense' && scores) return { layer, tail };
  if (layer.class_name === 'Conv2D' && scores && givesOnePixel(graph, layer.name, imageSize))
    return { layer, tail };
  if (tail.some(({ class_name, config }) => class_name === 'Softmax' || config.activation === 'softmax')) {
    throw new InputError(
      `The model '${graph.config.name}' ends in a softmax over '${layer.name}', a ${layer.class_name}; expected a Dense ` +
        'layer or a 1 x 1 convolution after global pooling. Cut it before that (--from-layer NAME).',
    );
  }
  return undefined;
}

function givesOnePixel(graph: FunctionalTopology, name: string, imageSize?: number): boolean {
  const [height, width] = traceLayers(graph, { imageSize }).find((layer) => layer.name === name)!.shape;
  return height === 1 && width === 1;
}

/** The dropout whose values the classifier takes. */
export function dropoutBefore(graph: FunctionalTopology, classifier: LayerConfig): LayerConfig | undefined {
  let [source] = classifier.inbound_nodes![0]![0]!;
  for (;;) {
    const layer = graph.config.layers.find(({ name }) => name === source);
    if (layer?.class_name === 'Dropout' && layer.config.noise_shape == null) return layer;
    if (layer?.class_name !== 'Flatten' && layer?.class_name !== 'Reshape') return undefined;
    source = layer.inbound_nodes![0]![0]![0];
  }
}
