import type { LayerConfig, Topology } from '../../models/topology.js';
import { InputError } from '../errors.js';
import { Fragment, type Output } from '../tensorflow/index.js';
import { graphForward } from './graph/forward.js';
import { type Initializer, initializer } from './initializers.js';
import type { LayerCall, NormMode, NormStatistics, Value } from './layers/layer.js';
import { chainToGraph } from './sequential.js';
import { uniformOf } from './uniform.js';
import { builderOf, inputShapeOf, inputsOf } from './walk.js';
import type { WeightSpec } from './weights.js';

export interface ForwardOptions {
  /** Dropout and batch statistics, or inference. */
  training: boolean;
  /** In training: batch statistics, or frozen batch normalization. @default 'batch' */
  normMode?: NormMode;
  /** Side of the square input in pixels, where it differs from the topology's. */
  imageSize?: number;
  /**
   * Layers that do not train: in training their batch normalization works in mode `moving`, as Keras has it, and has no
   * statistics to report. @default none
   */
  frozen?: (layer: string) => boolean;
}

/** A weight of the forward pass, with the way it starts when no file gives it. */
export interface ForwardWeight extends WeightSpec {
  initializer: Initializer;
}

/**
 * A model's forward pass as a fragment. Its parameters are `images`, float32 `[batch, height, width, 3]`;
 * one for each weight, by the weight's name; and in training `seed`, int64 `[2]`: run seed and step.
 */
export interface Forward {
  fragment: Fragment;
  weights: readonly ForwardWeight[];
  /** Node with the logits, float32 `[batch, classes]`: what goes into the last softmax, where there is one. */
  logits: Output;
  classes: number;
  /** `[height, width, channels]` */
  inputShape: readonly number[];
  /** One a batch normalization in mode `batch`. */
  statistics: readonly NormStatistics[];
  /**
   * What each layer gives at its last call, float32, in the order of the layers; of a graph, each operation on the
   * images. The input is not among them.
   */
  outputs: ReadonlyMap<string, Output>;
  /** Whether the fragment has the parameter `seed`. */
  random: boolean;
}

const LOGITS = 'logits';
const IMAGES = 'images';

/**
 * Makes the fragment of a topology. Nothing is computed and no weight is needed.
 *
 * @throws InputError for a layer, activation or setting that is not supported: it is named, with those that are
 */
export function buildForward(topology: Topology, options: ForwardOptions): Forward {
  if (topology.class_name === 'Graph') return graphForward(topology, options);
  const { training, normMode = 'batch', imageSize, frozen = () => false } = options;
  const graph = chainToGraph(topology);
  const fragment = new Fragment();
  const weights = new Map<string, ForwardWeight>();
  const statistics: NormStatistics[] = [];
  const outputs = new Map<string, Output>();
  const values = new Map<string, Value>();
  const [outputLayer] = graph.config.output_layers[0]!;
  let inputShape: readonly number[] | undefined;
  let random = false;

  const layerCall = (layer: LayerConfig, inputs: Value[], position: number): LayerCall => ({
    fragment,
    name: layer.name,
    config: layer.config,
    inputs,
    training,
    normMode: frozen(layer.name) ? 'moving' : normMode,
    weight(name, shape, { trainable = true, initializer: start = initializer(undefined, 'zeros') } = {}) {
      const full = `${layer.name}/${name}`;
      if (!weights.has(full)) {
        weights.set(full, { name: full, shape, trainable, initializer: start });
        fragment.input(full, 'float32', shape);
      }
      return full;
    },
    uniform(shape, draw) {
      random = true;
      return uniformOf(fragment, shape, position, draw);
    },
    statistics: (found) => statistics.push(found),
  });

  graph.config.layers.forEach((layer, position) => {
    if (layer.class_name === 'InputLayer') {
      if (inputShape)
        throw new InputError(`The model has more than one input ('${layer.name}'); one is supported.`);
      inputShape = inputShapeOf(layer, imageSize);
      fragment.input(IMAGES, 'float32', [-1, ...inputShape]);
      values.set(`${layer.name}:0`, { output: IMAGES, shape: inputShape });
      return;
    }
    const build = builderOf(layer);
    const isOutput = layer.name === outputLayer;
    layer.inbound_nodes!.forEach((_, call) => {
      const inputs = inputsOf(layer, call, values);
      const shown = isOutput ? withoutSoftmax(layer) : layer;
      const value = shown
        ? fragment.within(layer.name, () => build(layerCall(shown, inputs, position)))
        : inputs[0]!;
      values.set(`${layer.name}:${call}`, value);
      // A layer that changes nothing may give the parameter itself, which is no node of a graph that binds it.
      if (value.output !== IMAGES) outputs.set(layer.name, value.output);
    });
  });

  const output = values.get(`${outputLayer}:${graph.config.output_layers[0]![1]}`);
  if (!output || !inputShape)
    throw new InputError(`The model '${graph.config.name}' has no input or no output.`);
  if (output.shape.length !== 1) {
    throw new InputError(
      `The model '${graph.config.name}' gives [${output.shape}] an image, not one value a class.`,
    );
  }
  const logits = fragment.identity(output.output, LOGITS);
  return {
    fragment,
    weights: [...weights.values()],
    logits,
    classes: output.shape[0]!,
    inputShape,
    statistics,
    outputs,
    random,
  };
}

/** The output layer as it is before its softmax; undefined for a layer that is nothing but a softmax. */
function withoutSoftmax(layer: LayerConfig): LayerConfig | undefined {
  if (layer.class_name === 'Softmax') return undefined;
  if (layer.config.activation !== 'softmax') return layer;
  return layer.class_name === 'Activation'
    ? undefined
    : { ...layer, config: { ...layer.config, activation: 'linear' } };
}
