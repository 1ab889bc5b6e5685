import { createHash } from 'node:crypto';
import type { Json, LayersTopology } from '../../models/topology.js';
import { type Border, sameBorder } from '../tensorflow/index.js';
import { number, pair } from './layers/layer.js';
import { chainToGraph } from './sequential.js';
import { type TracedLayer, traceLayers } from './trace.js';

type Config = TracedLayer['config'];

/** What a layer gives: the key of its computation, and zeros around it that the next window may take for its own. */
interface Computed {
  key: string;
  zeros?: { around: string; borders: readonly Border[] };
}

/** Settings that count, of the layers that networks are mostly made of; what a file leaves out is as Keras has it. */
const SETTINGS: Readonly<Record<string, (config: Config) => unknown[]>> = {
  BatchNormalization: ({ epsilon, center, scale }) => [
    number(epsilon, 1e-3),
    center !== false,
    scale !== false,
  ],
  Conv2D: ({ filters, groups, use_bias }) => [filters, number(groups, 1), use_bias !== false],
  Dense: ({ units, use_bias }) => [units, use_bias !== false],
  DepthwiseConv2D: ({ depth_multiplier, use_bias }) => [number(depth_multiplier, 1), use_bias !== false],
  GlobalAveragePooling2D: ({ keepdims }) => [keepdims === true],
};
/** Of other layers, settings that change nothing about what is computed at inference. */
const IDLE = /^(name|trainable|dtype|seed|data_format|.*(initializer|regularizer|constraint))$|^batch_/;
/** Layers that hand on their input at inference. */
const IDENTITIES = new Set([
  ...['ActivityRegularization', 'Dropout', 'GaussianDropout', 'GaussianNoise', 'SpatialDropout2D'],
]);
/** Other names of activations. */
const ALIASES: Readonly<Record<string, string>> = {
  silu: 'swish',
  hard_swish: 'hard_silu',
  hard_sigmoid: 'hardSigmoid',
  log_softmax: 'logSoftmax',
};

/**
 * A key of what a topology computes at inference, from its input to its logits: equal for topologies that say the same
 * computation, of weights of the same names, in other layers. Dropout, a last softmax, initializers and the names of layers
 * without weights do not count; zeros that a window puts around its input are those of a layer in front of it.
 *
 * @param options.imageSize side of the square input in pixels, on which TensorFlow's padding depends
 */
export function computationOf(topology: LayersTopology, { imageSize }: { imageSize: number }): string {
  const graph = chainToGraph(topology);
  const [outputLayer, outputCall] = graph.config.output_layers[0]!;
  const traced = traceLayers(graph, { imageSize });
  const weighted = new Set(traced.filter(({ weights }) => weights.length > 0).map(({ name }) => name));
  const values: Computed[] = [];
  const calls = new Map<string, number>();
  let result = '';
  for (const layer of traced) {
    const call = calls.get(layer.name) ?? 0;
    calls.set(layer.name, call + 1);
    const isOutput = layer.name === outputLayer && call === outputCall;
    const inputs = layer.inputs.map((at) => ({ ...values[at]!, shape: traced[at]!.shape }));
    const value = compute(layer, inputs, { isOutput, own: weighted.has(layer.name) ? layer.name : '' });
    values.push(value);
    if (isOutput) result = value.key;
  }
  return result;
}

type Input = Computed & { shape: readonly number[] };

function compute(
  { className, config }: TracedLayer,
  inputs: readonly Input[],
  { isOutput, own }: { isOutput: boolean; own: string },
): Computed {
  const [first] = inputs;
  if (!first) return { key: 'input' };
  if (IDENTITIES.has(className)) return first;
  if (className === 'Softmax' && isOutput) return first;
  if (className === 'Activation') return activated(first.key, config.activation, isOutput);
  if (className === 'ReLU') return rectified(first.key, config);
  if (className === 'ZeroPadding2D') {
    const borders = bordersOf(config.padding);
    return { key: keyOf('zeros', borders, [first.key]), zeros: { around: first.key, borders } };
  }
  const { activation, kernel_size: kernel, strides, padding, dilation_rate: dilation, ...rest } = config;
  const settings = [own, ...(SETTINGS[className]?.(config) ?? sorted(rest))];
  if (kernel === undefined) {
    const key = keyOf(className, [...settings, strides, padding], keysOf(inputs));
    return activated(key, activation, isOutput);
  }
  const window = { kernel: pair(kernel, 1), strides: pair(strides, 1), dilation: pair(dilation, 1) };
  const same = String(padding ?? 'valid').toLowerCase() === 'same';
  const { around, borders } = same
    ? {
        around: first.key,
        borders: first.shape.slice(0, 2).map((size, axis) => {
          const extent = (window.kernel[axis]! - 1) * window.dilation[axis]! + 1;
          return sameBorder(size, { extent, stride: window.strides[axis]! });
        }),
      }
    : (first.zeros ?? { around: first.key, borders: NO_BORDERS });
  return activated(keyOf(className, [...settings, window, borders], [around]), activation, isOutput);
}

function sorted(config: Config): [key: string, value: Json | undefined][] {
  const settings = Object.entries(config).filter(([key, value]) => !IDLE.test(key) && value != null);
  return settings.sort(([a], [b]) => (a < b ? -1 : 1));
}

const NO_BORDERS: readonly Border[] = [
  [0, 0],
  [0, 0],
];

function bordersOf(given: Json | undefined): Border[] {
  const [vertical, horizontal] = typeof given === 'number' ? [given, given] : (given as Json[]);
  return [pair(vertical, 1), pair(horizontal, 1)];
}

function activated(key: string, activation: Json | undefined, isOutput: boolean): Computed {
  const name = String(activation ?? 'linear');
  const own = ALIASES[name] ?? name;
  if (own === 'linear' || (own === 'softmax' && isOutput)) return { key };
  return { key: keyOf('activation', [own], [key]) };
}

/** A ReLU layer says the activations of that kind. */
function rectified(key: string, config: Config): Computed {
  const { max_value: max } = config;
  const [slope, threshold] = [number(config.negative_slope, 0), number(config.threshold, 0)];
  if (slope !== 0 || threshold !== 0) return { key: keyOf('ReLU', [max, slope, threshold], [key]) };
  if (max == null) return activated(key, 'relu', false);
  return max === 6 ? activated(key, 'relu6', false) : { key: keyOf('ReLU', [max], [key]) };
}

const keysOf = (inputs: readonly Input[]): string[] => inputs.map(({ key }) => key);

const keyOf = (what: string, settings: readonly unknown[], inputs: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([what, settings, inputs]))
    .digest('hex');
