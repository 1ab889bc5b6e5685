import { sizeOf } from '../../tensorflow/index.js';
import type { TracedLayer } from '../trace.js';

/** What the backward pass needs of a layer's forward pass, in tensors. */
export interface Kept {
  /** Its inputs. */
  inputs?: boolean;
  /** Its output. */
  output?: boolean;
  /** Values in between, per image. */
  values?: number;
}

/**
 * What the gradient of an activation needs: its input x, its output y, and how many tensors of the same size in between.
 * `undefined` for one that does nothing.
 */
const ACTIVATIONS: Readonly<Record<string, { x?: boolean; y?: boolean; between?: number } | undefined>> = {
  linear: undefined,
  // TensorFlow's C++ gradients of these two take the input, not the output.
  relu: { x: true },
  relu6: { x: true },
  elu: { y: true },
  selu: { y: true },
  sigmoid: { y: true },
  tanh: { y: true },
  softmax: { y: true },
  log_softmax: { y: true },
  softplus: { x: true },
  softsign: { x: true },
  hard_sigmoid: { between: 2 },
  // x and sigmoid(x) are multiplied.
  swish: { x: true, between: 1 },
  silu: { x: true, between: 1 },
  mish: { x: true, between: 1 },
  // x and relu6(x + 3) / 6 are multiplied; relu6 needs x + 3.
  hard_swish: { x: true, between: 2 },
  gelu: { between: 3 },
  gelu_new: { x: true, between: 6 },
};

/** Of an activation that is not in the table. */
const UNKNOWN_ACTIVATION = { x: true, y: true, between: 1 };

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type Counter = (layer: TracedLayer, inputs: readonly TracedLayer[]) => Kept;

/** An activation as a layer of its own. */
const activation = (name: unknown, size: number): Kept => {
  const key = snakeCase(String(name ?? 'linear'));
  const needs = key in ACTIVATIONS ? ACTIVATIONS[key] : UNKNOWN_ACTIVATION;
  return { inputs: needs?.x, output: needs?.y, values: (needs?.between ?? 0) * size };
};

/** A product with a kernel needs its input, and then what its activation needs. */
const withKernel: Counter = ({ config, shape }) => {
  const size = sizeOf(shape);
  const { inputs, output, values = 0 } = activation(config.activation, size);
  return { inputs: true, output, values: values + (inputs ? size : 0) };
};

const nothing: Counter = () => ({});

/** By class name. A new kind of layer is a row here; one without a row keeps its inputs and its output. */
const COUNTERS: Readonly<Record<string, Counter>> = {
  InputLayer: nothing,
  Activation: ({ config, shape }) => activation(config.activation, sizeOf(shape)),
  Add: nothing,
  AveragePooling2D: nothing,
  BatchNormalization: () => ({ inputs: true }),
  Concatenate: nothing,
  Conv2D: withKernel,
  Dense: withKernel,
  DepthwiseConv2D: withKernel,
  // The mask: one number a value, or one a dropped unit.
  Dropout({ config, shape }) {
    if (!config.rate) return {};
    const noise = config.noise_shape as (number | null)[] | null | undefined;
    const sizes = noise ? noise.slice(1).map((size, i) => size ?? shape[i]!) : shape;
    return { values: sizeOf(sizes) };
  },
  Flatten: nothing,
  GlobalAveragePooling2D: nothing,
  GlobalMaxPooling2D: () => ({ inputs: true }),
  MaxPooling2D: () => ({ inputs: true, output: true }),
  Multiply: () => ({ inputs: true }),
  Normalization: nothing,
  ReLU: () => ({ inputs: true }),
  Rescaling: nothing,
  Reshape: nothing,
  // The depthwise result goes into a convolution of its own.
  SeparableConv2D(layer, inputs) {
    const between = sizeOf(layer.shape.slice(0, -1)) * inputs[0]!.shape.at(-1)!;
    const rest = withKernel(layer, inputs);
    return { ...rest, values: (rest.values ?? 0) + between };
  },
  Softmax: () => ({ output: true }),
  ZeroPadding2D: nothing,
};

/** Layers whose output is their input's memory. */
const isView = ({ className, config }: TracedLayer): boolean =>
  className === 'Reshape' ||
  className === 'Flatten' ||
  (className === 'Dropout' && !config.rate) ||
  (className === 'Activation' && (config.activation ?? 'linear') === 'linear');

/** Memory of one forward and backward pass, in float32 values for one image. */
export interface ActivationCount {
  /** Kept from the forward pass for the backward pass. */
  kept: number;
  /** The most that is there at once: what is still kept, and gradients on their way through a layer. */
  peak: number;
}

/**
 * Counts the values that are in memory between the passes. A tensor that several layers need counts once; layers in
 * front of the first trained weight need nothing.
 */
export function countActivations(layers: readonly TracedLayer[]): ActivationCount {
  const memory = layers.map((_, i) => i);
  const differentiable = layers.map(() => false);
  /** Values that are kept from this layer's turn on. */
  const keptAt = layers.map(() => 0);
  const counted = new Set<number>();
  layers.forEach((layer, i) => {
    const { inputs } = layer;
    const first = inputs[0];
    if (isView(layer) && first !== undefined) memory[i] = memory[first]!;
    const trained = layer.weights.some(({ trainable }) => trainable);
    const flows = inputs.some((at) => differentiable[at]);
    differentiable[i] = trained || flows;
    if (!trained && !flows) return;
    const sources = inputs.map((at) => layers[at]!);
    const counter: Counter = COUNTERS[layer.className] ?? (() => ({ inputs: true, output: true }));
    const kept = counter(layer, sources);
    keptAt[i]! += kept.values ?? 0;
    const tensors = [...(kept.inputs ? inputs : []), ...(kept.output ? [i] : [])];
    for (const at of tensors) {
      const owner = memory[at]!;
      if (counted.has(owner)) continue;
      counted.add(owner);
      keptAt[i]! += sizeOf(layers[owner]!.shape);
    }
  });
  let kept = 0;
  let peak = 0;
  layers.forEach(({ inputs, shape }, i) => {
    kept += keptAt[i]!;
    // The gradient that comes in, and those that go out.
    const gradients = sizeOf(shape) + inputs.reduce((sum, at) => sum + sizeOf(layers[at]!.shape), 0);
    peak = Math.max(peak, kept + gradients);
  });
  return { kept, peak };
}
