import { beforeAll, describe, expect, test } from 'vitest';
import type { LayersTopology } from '../../models/topology.js';
import type { WeightMap } from '../../src/model/index.js';
import { ACTIVATIONS } from '../../src/model/layers/activation.js';
import { LAYERS } from '../../src/model/layers/index.js';
import { addonState, loadTfjsNode } from '../../src/tfjs/tfjs-node.js';
import { pseudoRandom, runLayers } from '../model/run-layers.js';

type Tfjs = Awaited<ReturnType<typeof loadTfjsNode>>;
type Symbolic = ReturnType<Tfjs['input']>;
type Build = (tf: Tfjs, x: Symbolic) => Symbolic;

const layer = (make: (tf: Tfjs) => { apply(x: Symbolic | Symbolic[]): unknown }): Build => {
  return (tf, x) => make(tf).apply(x) as Symbolic;
};

/** A layer on the images and on twice the square of them: neither is always the larger. */
const merged = (make: (tf: Tfjs) => { apply(x: Symbolic | Symbolic[]): unknown }): Build => {
  return (tf, x) => {
    const other = tf.layers.multiply().apply([x, tf.layers.rescaling({ scale: 2 }).apply(x) as Symbolic]);
    return make(tf).apply([x, other as Symbolic]) as Symbolic;
  };
};

/** One small model a row: what it does to images of 7 x 6 pixels with 4 channels. */
const CASES: Record<string, Build> = {
  'Conv2D, same': layer((tf) => tf.layers.conv2d({ filters: 5, kernelSize: 3, strides: 2, padding: 'same' })),
  'Conv2D, valid, no bias, relu': layer((tf) =>
    tf.layers.conv2d({ filters: 3, kernelSize: [3, 2], useBias: false, activation: 'relu' }),
  ),
  'Conv2D, dilated': layer((tf) => tf.layers.conv2d({ filters: 2, kernelSize: 2, dilationRate: 2 })),
  DepthwiseConv2D: layer((tf) => tf.layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same' })),
  'DepthwiseConv2D, multiplier 2': layer((tf) =>
    tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
  ),
  SeparableConv2D: layer((tf) => tf.layers.separableConv2d({ filters: 6, kernelSize: 3, padding: 'same' })),
  'BatchNormalization, frozen': layer((tf) => tf.layers.batchNormalization({ epsilon: 1e-3 })),
  'BatchNormalization without scale or centre': layer((tf) =>
    tf.layers.batchNormalization({ scale: false, center: false }),
  ),
  'BatchNormalization of vectors': (tf, x) =>
    tf.layers.batchNormalization().apply(tf.layers.globalAveragePooling2d({}).apply(x)) as Symbolic,
  'Conv2D, then BatchNormalization': (tf, x) =>
    tf.layers
      .batchNormalization()
      .apply(tf.layers.conv2d({ filters: 8, kernelSize: 3, useBias: false }).apply(x)) as Symbolic,
  ReLU: layer((tf) => tf.layers.reLU()),
  'ReLU up to 0.5': layer((tf) => tf.layers.reLU({ maxValue: 0.5 })),
  'ReLU up to 6': layer((tf) => tf.layers.reLU({ maxValue: 6 })),
  Dense: (tf, x) =>
    tf.layers.dense({ units: 3, activation: 'tanh' }).apply(tf.layers.flatten().apply(x)) as Symbolic,
  'Dropout at inference': layer((tf) => tf.layers.dropout({ rate: 0.5 })),
  GlobalAveragePooling2D: layer((tf) => tf.layers.globalAveragePooling2d({})),
  GlobalMaxPooling2D: layer((tf) => tf.layers.globalMaxPooling2d({})),
  'AveragePooling2D, same': layer((tf) =>
    tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
  ),
  'MaxPooling2D, valid': layer((tf) => tf.layers.maxPooling2d({ poolSize: 2 })),
  'ZeroPadding2D, uneven': layer((tf) =>
    tf.layers.zeroPadding2d({
      padding: [
        [0, 1],
        [2, 3],
      ],
    }),
  ),
  Reshape: layer((tf) => tf.layers.reshape({ targetShape: [6, 28] })),
  Flatten: layer((tf) => tf.layers.flatten()),
  'Add of three': (tf, x) => tf.layers.add().apply([x, x, tf.layers.reLU().apply(x) as Symbolic]) as Symbolic,
  'Multiply, broadcast': (tf, x) => {
    const pooled = tf.layers.globalAveragePooling2d({}).apply(x) as Symbolic;
    return tf.layers
      .multiply()
      .apply([x, tf.layers.reshape({ targetShape: [1, 1, 4] }).apply(pooled) as Symbolic]) as Symbolic;
  },
  'Concatenate, channels': (tf, x) =>
    tf.layers.concatenate().apply([x, tf.layers.reLU().apply(x) as Symbolic]) as Symbolic,
  'Concatenate, rows': (tf, x) => tf.layers.concatenate({ axis: 1 }).apply([x, x]) as Symbolic,
  Average: merged((tf) => tf.layers.average()),
  Maximum: merged((tf) => tf.layers.maximum()),
  Minimum: merged((tf) => tf.layers.minimum()),
  Cropping2D: layer((tf) =>
    tf.layers.cropping2D({
      cropping: [
        [1, 2],
        [0, 3],
      ],
    }),
  ),
  Permute: layer((tf) => tf.layers.permute({ dims: [3, 1, 2] })),
  LeakyReLU: layer((tf) => tf.layers.leakyReLU()),
  'LeakyReLU, slope 0.1': layer((tf) => tf.layers.leakyReLU({ alpha: 0.1 })),
  ELU: layer((tf) => tf.layers.elu()),
  PReLU: layer((tf) => tf.layers.prelu()),
  'PReLU, shared over the image': layer((tf) => tf.layers.prelu({ sharedAxes: [1, 2] })),
  LayerNormalization: layer((tf) => tf.layers.layerNormalization()),
  'LayerNormalization of two axes, without scale': layer((tf) =>
    tf.layers.layerNormalization({ axis: [2, 3], scale: false }),
  ),
  'GaussianNoise at inference': layer((tf) => tf.layers.gaussianNoise({ stddev: 0.5 })),
  'GaussianDropout at inference': layer((tf) => tf.layers.gaussianDropout({ rate: 0.5 })),
  Rescaling: layer((tf) => tf.layers.rescaling({ scale: 1 / 255, offset: -0.5 })),
  Softmax: layer((tf) => tf.layers.softmax({ axis: -1 })),
  ...Object.fromEntries(
    Object.keys(ACTIVATIONS).map((name): [string, Build] => [
      `Activation ${name}`,
      layer((tf) => tf.layers.activation({ activation: name as 'relu' })),
    ]),
  ),
};

const SHAPE = [3, 7, 6, 4];

describe.skipIf(!addonState().built)('layers equal tfjs-node, eager, within 1e-4', () => {
  let tf: Tfjs;
  beforeAll(async () => {
    tf = await loadTfjsNode();
  });

  /** A model of one case that ends in a vector, with weights that are not zero; and what tfjs makes of `images`. */
  function prepare(build: Build, values: Float32Array) {
    const input = tf.input({ shape: SHAPE.slice(1) });
    const built = build(tf, input);
    const output = built.shape.length > 2 ? (tf.layers.flatten().apply(built) as Symbolic) : built;
    const model = tf.model({ inputs: input, outputs: output });
    const weights: WeightMap = new Map();
    model.weights.forEach((weight, i) => {
      const size = weight.shape.reduce<number>((a, b) => a * b!, 1);
      // Variances must be positive.
      const data = pseudoRandom(size, { seed: 7 + i, scale: 0.5 }).map((x) =>
        /variance/.test(weight.originalName) ? 1 + x : x,
      );
      weight.write(tf.tensor(data, weight.shape as number[]));
      weights.set(weight.originalName, { dtype: 'float32', shape: weight.shape as number[], data });
    });
    const topology = JSON.parse(model.toJSON(undefined, true) as unknown as string);
    return {
      model,
      weights,
      topology: (topology.model_config ?? topology) as LayersTopology,
      images: tf.tensor(values, SHAPE as [number, number, number, number]),
    };
  }

  test.each(Object.entries(CASES))('%s', async (_name, build) => {
    const values = pseudoRandom(
      SHAPE.reduce((a, b) => a * b),
      { scale: 3 },
    );
    const { model, weights, topology, images } = prepare(build, values);
    const expected = (model.predict(images) as ReturnType<Tfjs['tensor']>).dataSync();
    const { output } = await runLayers(topology, weights, { values, shape: SHAPE });
    expect(output.length).toBe(expected.length);
    expect(maxDifference(output, expected)).toBeLessThan(1e-4);
  });

  test.each(Object.entries(CASES).filter(([name]) => !/dilated|frozen|without scale/.test(name)))(
    '%s: gradients with respect to the images and the weights',
    async (_name, build) => {
      const values = pseudoRandom(
        SHAPE.reduce((a, b) => a * b),
        { scale: 3 },
      );
      const { model, weights, topology, images } = prepare(build, values);
      const { gradients } = await runLayers(topology, weights, { values, shape: SHAPE }, { gradients: true });
      const sum = (x: typeof images) =>
        tf.sum(tf.square(model.apply(x) as typeof images)) as ReturnType<Tfjs['scalar']>;
      const expected = tf
        .grad((x) => sum(x as typeof images))(images)
        .dataSync();
      expect(maxDifference(gradients.images!, expected)).toBeLessThan(1e-3);
      if (model.trainableWeights.length === 0) return;
      const { grads } = tf.variableGrads(() => sum(images));
      for (const weight of model.trainableWeights) {
        const name = weight.originalName;
        const variable = (weight as unknown as { val: { name: string } }).val.name;
        expect(maxDifference(gradients[name]!, grads[variable]!.dataSync())).toBeLessThan(2e-3);
      }
    },
  );

  test('BatchNormalization in training: output and statistics', async () => {
    const values = pseudoRandom(
      SHAPE.reduce((a, b) => a * b),
      { scale: 3 },
    );
    const { model, weights, topology, images } = prepare(CASES['BatchNormalization, frozen']!, values);
    const expected = (model.apply(images, { training: true }) as ReturnType<Tfjs['tensor']>).dataSync();
    const { output, statistics } = await runLayers(
      topology,
      weights,
      { values, shape: SHAPE },
      { training: true },
    );
    expect(maxDifference(output, expected)).toBeLessThan(1e-4);
    const { mean, variance } = tf.moments(images, [0, 1, 2]);
    const [found] = Object.values(statistics);
    const count = 3 * 7 * 6;
    expect(maxDifference(found!.mean, mean.dataSync())).toBeLessThan(1e-4);
    const unbiased = variance.mul(count / (count - 1)).dataSync();
    expect(maxDifference(found!.variance, unbiased)).toBeLessThan(1e-3);
  });

  test('every layer of the table is compared', () => {
    const compared = Object.keys(CASES).map((name) => name.split(/[ ,]/)[0]);
    // These are no layers of tfjs: they are compared with their equations in test/model.
    expect(Object.keys(LAYERS).filter((name) => !compared.includes(name))).toEqual([
      'ActivityRegularization',
      'ChannelPadding',
      'Normalization',
      'ShakeDrop',
      'ShakeShake',
      'SpatialDropout2D',
      'Subtract',
    ]);
  });
});

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}
