import type { FunctionalTopology, GraphTopology, Topology } from '../../models/topology.js';
import { InputError } from '../errors.js';
import { findGraphHead } from './graph/find-head.js';
import { byName, dataInputs, sourceOf } from './graph/nodes.js';
import { isPooled, traceShapes } from './graph/shapes.js';
import { findClassifier } from './head/classifier.js';
import { chainToGraph } from './sequential.js';
import { type TracedLayer, traceLayers } from './trace.js';

/** Places in a classifier: names of layers, or of nodes of a graph. */
export interface Landmarks {
  /** Gives what goes into the classifier, the last dense layer: the features. */
  features: string;
  /**
   * Gives the last feature map before global pooling, `[batch, height, width, channels]`; undefined for a network
   * without one.
   */
  map: string | undefined;
}

/**
 * Finds the features and the last feature map of a classifier.
 *
 * @throws InputError for a network that ends in features
 */
export function landmarksOf(model: { topology: Topology; imageSize: number }): Landmarks {
  const { topology, imageSize } = model;
  const found =
    topology.class_name === 'Graph'
      ? graphLandmarks(topology)
      : layersLandmarks(chainToGraph(topology), imageSize);
  if (found) return found;
  throw new InputError(
    'The network ends in features: it has no classifier to look into. Give it one: train it, or take swapHead.',
  );
}

function layersLandmarks(graph: FunctionalTopology, imageSize: number): Landmarks | undefined {
  const classifier = findClassifier(graph, { imageSize });
  if (!classifier) return undefined;
  const [features, call] = classifier.layer.inbound_nodes![0]![0]!;
  const layers = traceLayers(graph, { imageSize });
  return { features, map: lastMap(layers, layers.filter(({ name }) => name === features)[call]!) };
}

/** Follows the images back from the features, through what is one pixel, to where they were more. */
function lastMap(layers: readonly TracedLayer[], features: TracedLayer): string | undefined {
  for (let layer = features; ; ) {
    const [height = 1, width = 1] = layer.shape.length === 3 ? layer.shape : [];
    if (height * width > 1 && layer.className !== 'InputLayer') return layer.name;
    const before = layers[layer.inputs[0] ?? -1];
    if (!before || before.className === 'InputLayer') return undefined;
    // At small image sizes the map may be one pixel itself.
    if (layer.className.startsWith('Global')) return before.name;
    layer = before;
  }
}

function graphLandmarks(topology: GraphTopology): Landmarks | undefined {
  const head = findGraphHead(topology);
  if (!head) return undefined;
  const nodes = byName(topology.config.nodes);
  const shapes = traceShapes(topology);
  let name = sourceOf(head.features).node;
  const landmarks = { features: name };
  for (;;) {
    const shape = shapes.get(name);
    if (name === topology.config.input) return { ...landmarks, map: undefined };
    if (shape?.length === 4 && !isPooled(shape)) return { ...landmarks, map: name };
    const before = dataInputs(nodes.get(name)!)[0];
    if (before === undefined) return { ...landmarks, map: undefined };
    name = sourceOf(before).node;
  }
}
