import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openInside } from '../../src/evaluate/inside.js';
import { cutAt, Model, NO_PREPROCESSING } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { readGraphModel } from '../../src/weights/tfjs-graph/index.js';
import { pseudoRandom } from '../model/run-layers.js';
import { convertedB0, layersB0, syntheticPixels } from '../parity/converted-b0.js';
import { smallModel } from '../train/small-network.js';
import { topologyOf, weightsOf } from '../weights/tfjs/tfjs-model.js';

const SIDE = 12;
const CLASSES = 4;
const IMAGES = 3;
const pixels = pseudoRandom(IMAGES * SIDE * SIDE * 3, { seed: 3, scale: 1 });

afterEach(() => expect(Tensor.liveCount).toBe(0));

/** A network in tfjs whose head is not linear: its gradient depends on the image. */
function tfjsNetwork(pooling: 'global' | 'flatten') {
  const input = tf.input({ shape: [SIDE, SIDE, 3], name: 'pixels' });
  const body = [
    tf.layers.conv2d({
      filters: 6,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      activation: 'relu',
      name: 'a',
    }),
    tf.layers.batchNormalization({ name: 'bn' }),
    tf.layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same', activation: 'relu', name: 'map' }),
  ];
  const head = [
    pooling === 'global'
      ? tf.layers.globalAveragePooling2d({ name: 'pool' })
      : tf.layers.flatten({ name: 'pool' }),
    tf.layers.dense({ units: 5, activation: 'tanh', name: 'hidden_layer' }),
    tf.layers.dropout({ rate: 0.4, name: 'dropped' }),
    tf.layers.dense({ units: CLASSES, name: 'predictions' }),
  ];
  const apply = (layers: readonly tf.layers.Layer[], x: tf.SymbolicTensor) =>
    layers.reduce((value, layer) => layer.apply(value) as tf.SymbolicTensor, x);
  const map = apply(body, input);
  const output = apply(head, map);
  const model = tf.model({ inputs: input, outputs: output, name: 'small' });
  // Sums of many values would drive tanh to its ends, where nothing has a gradient.
  const range = (name: string): [number, number] => {
    if (name.startsWith('bn')) return [0.5, 1];
    if (name.startsWith('hidden_layer')) return [-0.05, 0.05];
    return name.startsWith('predictions') ? [-10, 10] : [-0.3, 0.4];
  };
  model.setWeights(
    model.getWeights().map((w, i) => {
      const [low, high] = range(model.weights[i]!.name);
      return tf.randomUniform(w.shape, low, high, 'float32', i + 1);
    }),
  );
  const inner = tf.model({ inputs: input, outputs: [map, head[2]!.output as tf.SymbolicTensor] });
  const logitsOf = (value: tf.Tensor) => head.reduce((x, layer) => layer.apply(x) as tf.Tensor, value);
  return { model, inner, logitsOf };
}

describe.each(['global', 'flatten'] as const)('by tfjs, features after %s pooling', (pooling) => {
  const { model: theirs, inner, logitsOf } = tfjsNetwork(pooling);
  const model = new Model({
    topology: topologyOf(theirs),
    weights: weightsOf(theirs),
    labels: ['a', 'b', 'c', 'd'],
    preprocessing: NO_PREPROCESSING,
    imageSize: SIDE,
  });
  const images = tf.tensor4d(pixels, [IMAGES, SIDE, SIDE, 3]);

  afterAll(async () => {
    await model.dispose();
    theirs.dispose();
    images.dispose();
  });

  test('the features are what goes into the last dense layer', async () => {
    const inside = await openInside(model);
    const own = Tensor.from('float32', pixels, [IMAGES, SIDE, SIDE, 3]);
    const values = await inside.run(own);
    const [, expected] = inner.predict(images) as tf.Tensor[];
    const logits = theirs.predict(images) as tf.Tensor;
    expect(values.map).toBeUndefined();
    expect(values.features.shape).toEqual([IMAGES, 5]);
    expectClose(values.features.data, expected!.dataSync(), 1e-5);
    expectClose(values.logits.data, logits.dataSync(), 1e-4);
    for (const value of [own, values.features, values.logits]) value.dispose();
    await inside.close();
  });

  test('the heat is Grad-CAM by the gradients of tfjs', async () => {
    const inside = await openInside(model, { heat: true });
    const own = Tensor.from('float32', pixels, [IMAGES, SIDE, SIDE, 3]);
    const values = await inside.run(own);
    const [map] = inner.predict(images) as tf.Tensor[];
    let warm = 0;
    for (const asked of [
      [0, 1, 2],
      [3, 3, 0],
    ]) {
      const heat = await inside.heat(values.map!, asked);
      expect(heat.shape).toEqual([IMAGES, 6, 6]);
      const expected = tf.tidy(() => {
        const mask = tf.oneHot(tf.tensor1d(asked, 'int32'), CLASSES).toFloat();
        const gradient = tf.grad((value: tf.Tensor) => logitsOf(value).mul(mask).sum())(map!);
        return map!
          .mul(gradient.mean([1, 2], true))
          .sum(3)
          .relu();
      });
      const found = expected.dataSync();
      expectClose(heat.data, found, 1e-4);
      warm += found.filter((value) => value > 0.01).length;
      heat.dispose();
    }
    expect(warm).toBeGreaterThan(20);
    for (const value of [own, ...Object.values(values)]) value.dispose();
    await inside.close();
  });
});

describe('what cannot be looked into', () => {
  test('a network that ends in features, and one without a feature map', async () => {
    const small = smallModel();
    const features = cutAt(small, 'add');
    await expect(openInside(features)).rejects.toThrow(/ends in features: it has no classifier .*swapHead/);
    const input = tf.input({ shape: [SIDE, SIDE, 3], name: 'pixels' });
    const layers = [tf.layers.flatten({ name: 'flat' }), tf.layers.dense({ units: 3, name: 'predictions' })];
    const output = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
    const linear = tf.model({ inputs: input, outputs: output, name: 'linear' });
    const data = { topology: topologyOf(linear), weights: weightsOf(linear), labels: ['a', 'b', 'c'] };
    const model = small.with({ ...data, imageSize: SIDE });
    await expect(openInside(model, { heat: true })).rejects.toThrow(/no feature map before its classifier/);
    const inside = await openInside(model);
    await inside.close();
    linear.dispose();
  });
});

describe.skipIf(!convertedB0)('an EfficientNet-B0 as a graph', () => {
  let found: { features: Float32Array; heat: Float32Array; shape: readonly number[] }[];
  beforeAll(async () => {
    const graph = new Model(await readGraphModel(join(convertedB0!, 'graph-float32')));
    found = [];
    for (const model of [await layersB0(), graph]) {
      const inside = await openInside(model, { heat: true });
      const { data, shape } = syntheticPixels();
      const images = Tensor.from('float32', data, shape);
      const { logits, features, map } = await inside.run(images);
      const heat = await inside.heat(map!, [7]);
      found.push({ features: features.data.slice(), heat: heat.data.slice(), shape: heat.shape });
      for (const value of [images, logits, features, map!, heat]) value.dispose();
      await inside.close();
    }
  });

  test('has the features and the heat of the layers', () => {
    const [layers, graph] = found;
    expect(layers!.shape).toEqual([1, 3, 3]);
    expect(graph!.shape).toEqual([1, 3, 3]);
    expect(layers!.features).toHaveLength(1280);
    const hottest = Math.max(...layers!.heat);
    expect(hottest).toBeGreaterThan(0);
    expectClose(graph!.features, layers!.features, 1e-3 * Math.max(...layers!.features));
    expectClose(graph!.heat, layers!.heat, 1e-3 * hottest);
  });
});

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(found[i]! - expected[i]!), `value ${i}`).toBeLessThan(tolerance);
}
