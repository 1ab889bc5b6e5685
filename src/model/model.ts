import type { Topology } from '../../models/topology.js';
import { invalid } from '../errors.js';
import { Tensor } from '../tensorflow/index.js';
import type { ModelData, Preprocessing } from './data.js';
import { buildForward } from './forward.js';
import { type InferenceEngine, startInference } from './inference.js';
import type { WeightMap } from './weights.js';

/** Images as numbers: values in 0..255, row-major. */
export interface Pixels {
  data: Uint8Array | Float32Array;
  /** `[batch, height, width, 3]` */
  shape: readonly [number, number, number, number];
}

/** A matrix of float32 values, row-major. */
export interface Logits {
  data: Float32Array;
  /** `[batch, classes]` */
  shape: readonly [number, number];
}

/**
 * An image classifier: data, and the means to run it. It takes memory for running at the first call of
 * {@link Model.logits} or {@link Model.run}, and gives it back at {@link Model.dispose}.
 *
 * @example
 * const model = await importBase('efficientnet-lite0');
 * const { data } = await model.logits({ data: pixels, shape: [1, 224, 224, 3] });
 * await model.dispose();
 */
export class Model implements ModelData {
  readonly topology: Topology;
  /** Weights by name; one that is missing is drawn by its layer's initializer when the model first runs. */
  readonly weights: WeightMap;
  readonly labels: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly imageSize: number;
  /** Where the weights came from, for the run's record. */
  readonly origin: string;
  /** Seed of weights that are drawn. */
  readonly seed: number;
  #engine: Promise<InferenceEngine> | undefined;
  #inputShape: readonly [number, number, number] | undefined;

  constructor(data: ModelData, { origin = 'memory', seed = 0 }: { origin?: string; seed?: number } = {}) {
    this.topology = data.topology;
    this.weights = data.weights;
    this.labels = data.labels;
    this.preprocessing = data.preprocessing;
    this.imageSize = data.imageSize;
    this.origin = origin;
    this.seed = seed;
  }

  /** The same model with other data, and the rest shared, not copied. It runs, and is disposed of, on its own. */
  with(changes: Partial<ModelData>, { seed = this.seed }: { seed?: number } = {}): Model {
    const { topology, weights, labels, preprocessing, imageSize, origin } = this;
    return new Model({ topology, weights, labels, preprocessing, imageSize, ...changes }, { origin, seed });
  }

  /** `[height, width, channels]` of what the network takes. */
  get inputShape(): readonly [number, number, number] {
    if (!this.#inputShape) {
      const { inputShape } = buildForward(this.topology, { training: false, imageSize: this.imageSize });
      this.#inputShape = inputShape as [number, number, number];
    }
    return this.#inputShape;
  }

  /**
   * Logits of images.
   *
   * @param pixels values in 0..255, of any size: they are resized where they must be
   * @param options.preprocess false feeds the values to the network as they are; their size must be its own
   * @returns float32 `[batch, classes]`, in the order of `labels`
   */
  async logits(pixels: Pixels, { preprocess = true }: { preprocess?: boolean } = {}): Promise<Logits> {
    this.#check(pixels, preprocess);
    const { data, shape } = pixels;
    const images =
      preprocess && data instanceof Uint8Array
        ? Tensor.from('uint8', data, shape)
        : Tensor.from('float32', data, shape);
    try {
      const result = await this.run(images, { preprocess });
      try {
        return { data: Float32Array.from(result.data), shape: result.shape as [number, number] };
      } finally {
        result.dispose();
      }
    } finally {
      images.dispose();
    }
  }

  /** As {@link Model.logits}, on tensors: the caller keeps `images` and owns the result. */
  async run(images: Tensor, options: { preprocess?: boolean } = {}): Promise<Tensor<'float32'>> {
    this.#engine ??= startInference(this, { seed: this.seed });
    const engine = await this.#engine;
    return engine.run(images, options);
  }

  #check({ data, shape }: Pixels, preprocess: boolean): void {
    const [height, width, channels] = this.inputShape;
    const [batch, ...size] = shape;
    const right = preprocess ? size[2] === channels : size.join() === [height, width, channels].join();
    if (shape.length !== 4 || !right || shape.some((side) => !Number.isInteger(side) || side < 1)) {
      const expected = preprocess
        ? `[batch, height, width, ${channels}]`
        : `[batch, ${height}, ${width}, ${channels}]`;
      throw invalid('the shape of pixels', expected, `[${shape}]`);
    }
    if (data.length !== batch * size.reduce((a, b) => a * b, 1)) {
      throw invalid(
        'pixels',
        `${batch * size.reduce((a, b) => a * b, 1)} values for [${shape}]`,
        data.length,
      );
    }
  }

  /** Frees what running took. The model can be run again afterwards. */
  async dispose(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    await (await engine?.catch(() => undefined))?.close();
  }
}
