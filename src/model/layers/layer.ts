import type { Json } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { attr, type Fragment, type Output } from '../../tensorflow/index.js';
import type { Initializer } from '../initializers.js';

/** A value between layers: an output of the fragment and its shape without the batch, `[height, width, channels]`. */
export interface Value {
  output: Output;
  shape: readonly number[];
}

/** How batch normalization computes: with the batch's statistics (and updates of the moving ones), or frozen. */
export type NormMode = 'batch' | 'moving';

/** The moving statistics of one batch normalization, and what the batch has to say about them. */
export interface NormStatistics {
  /** Layer name. */
  layer: string;
  /** `[channels]`, of this batch. */
  batchMean: Output;
  /** `[channels]`, of this batch, with Bessel's correction. */
  batchVariance: Output;
  /** The layer's own momentum. */
  momentum: number;
}

/** What a layer is given when it adds itself to a fragment. */
export interface LayerCall {
  fragment: Fragment;
  /** Layer name. */
  name: string;
  config: Readonly<Record<string, Json | undefined>>;
  inputs: readonly Value[];
  training: boolean;
  normMode: NormMode;
  /** The parameter of the fragment that holds this weight of the layer. */
  weight(name: string, shape: readonly number[], options?: WeightOptions): Output;
  /**
   * Uniform numbers in [0, 1), the same for the same run, step, layer, and draw. `shape` is an int32 vector. A layer
   * that needs more than one set of numbers numbers its draws. @default draw 0
   */
  uniform(shape: Output, draw?: number): Output;
  /** Reports the statistics of a batch normalization. */
  statistics(found: NormStatistics): void;
}

export interface WeightOptions {
  /** @default true */
  trainable?: boolean;
  initializer?: Initializer;
}

/** Adds a layer to a fragment. One entry of the table in `index.ts`. */
export type LayerBuilder = (call: LayerCall) => Value;

export const T = { T: attr.type('float32') };

/** The only input of a layer. */
export function single(call: LayerCall): Value {
  const [input] = call.inputs;
  if (!input || call.inputs.length !== 1) {
    throw new InputError(`Layer '${call.name}' takes one input, received ${call.inputs.length}.`);
  }
  return input;
}

/** The only input of a layer on images, `[height, width, channels]`. */
export function image(call: LayerCall): { output: Output; height: number; width: number; channels: number } {
  const { output, shape } = single(call);
  const [height, width, channels] = shape;
  if (shape.length !== 3) {
    throw new InputError(`Layer '${call.name}' takes [height, width, channels], received [${shape}].`);
  }
  const format = call.config.data_format ?? 'channels_last';
  if (format !== 'channels_last' && format !== 'channelsLast') {
    throw new InputError(
      `Layer '${call.name}' has data_format '${format}'; only channels_last is supported.`,
    );
  }
  return { output, height: height!, width: width!, channels: channels! };
}

/** A configured size of two dimensions: Keras writes a number or a pair. */
export function pair(
  value: Json | undefined,
  fallback: number | readonly [number, number],
): [number, number] {
  const given = value ?? fallback;
  if (typeof given === 'number') return [given, given];
  const [first, second] = given as readonly number[];
  return [first!, second ?? first!];
}

/** A configured number. */
export const number = (value: Json | undefined, fallback: number): number =>
  typeof value === 'number' ? value : fallback;

/** `SAME` or `VALID`, as TensorFlow says it. */
export function padding(call: LayerCall): 'SAME' | 'VALID' {
  const name = String(call.config.padding ?? 'valid').toUpperCase();
  if (name !== 'SAME' && name !== 'VALID') {
    throw new InputError(
      `Layer '${call.name}' has padding '${call.config.padding}'; supported: same, valid.`,
    );
  }
  return name;
}

/** The shape of a value with its batch, as an int32 vector. */
export const dynamicShape = ({ fragment }: LayerCall, { output }: Value): Output =>
  fragment.op('Shape', [output], { ...T, out_type: attr.type('int32') });

/**
 * The shape of noise: the sizes that are given, the value's own where null stands. The first one is the batch. Only that is open,
 * so that TensorFlow knows the other sizes of what is made of the noise.
 */
export function noiseShape(call: LayerCall, value: Value, sizes: readonly (number | null)[]): Output {
  const { fragment: f } = call;
  const [batch, ...rest] = sizes;
  const known = rest.map((size, i) => size ?? value.shape[i]!);
  if (typeof batch === 'number') return f.ints(batch, ...known);
  const first = f.op('StridedSlice', [dynamicShape(call, value), f.ints(0), f.ints(1), f.ints(1)], {
    T: attr.type('int32'),
    Index: attr.type('int32'),
  });
  return f.op('ConcatV2', [first, f.ints(...known), f.constant(Int32Array.of(0), [])], {
    T: attr.type('int32'),
    N: attr.int(2),
    Tidx: attr.type('int32'),
  });
}

/** Size of one dimension after a window has moved over it. */
export function windowed(
  call: LayerCall,
  size: number,
  { kernel, stride, dilation = 1 }: { kernel: number; stride: number; dilation?: number },
): number {
  const extent = (kernel - 1) * dilation + 1;
  const result =
    padding(call) === 'SAME' ? Math.ceil(size / stride) : Math.floor((size - extent) / stride) + 1;
  if (result < 1) {
    throw new InputError(
      `Layer '${call.name}' has a window of ${extent} pixels, its input is ${size} pixels: the image size is too small.`,
    );
  }
  return result;
}
