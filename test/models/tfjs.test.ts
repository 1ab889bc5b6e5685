import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it } from 'vitest';
import { efficientnet } from '../../models/efficientnet.js';
import { efficientnetV2 } from '../../models/efficientnet-v2.js';
import { FunctionalBuilder } from '../../models/functional-builder.js';
import { hardActivation } from '../../models/hard-activations.js';
import { mobilenetV2 } from '../../models/mobilenet-v2.js';
import { mobilenetV3 } from '../../models/mobilenet-v3.js';
import { countParameters } from '../../models/parameters.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { openInTfjs } from './topology-checks.js';

/** What tfjs lacks: `(x - mean) / sqrt(variance)` with mean, variance and count as weights. */
class Normalization extends tf.layers.Layer {
  static className = 'Normalization';
  private statistics: tf.LayerVariable[] = [];

  override build(inputShape: tf.Shape): void {
    const channels = [inputShape.at(-1)!];
    const zeros = tf.initializers.zeros();
    const ones = tf.initializers.ones();
    this.statistics = [
      this.addWeight('mean', channels, 'float32', zeros, undefined, false),
      this.addWeight('variance', channels, 'float32', ones, undefined, false),
      this.addWeight('count', [], 'int32', zeros, undefined, false),
    ];
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [mean, variance] = this.statistics.map((statistic) => statistic.read());
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return tf.tidy(() => x.sub(mean!).div(tf.sqrt(variance!)));
  }
}

let model: tf.LayersModel | undefined;

afterEach(() => {
  model?.dispose();
  model = undefined;
});

/** Size of a model's weights, as tfjs made them. */
function tfjsCount(weights: readonly tf.LayerVariable[]): number {
  return weights.reduce((sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]), 0);
}

const SMALL = { imageSize: 33, classes: 5 };
const BARE = { ...SMALL, includePreprocessing: false };

it.each([
  ['efficientnet-b0', () => efficientnet('efficientnet-b0', BARE)],
  ['efficientnet-lite0', () => efficientnet('efficientnet-lite0', BARE)],
  ['efficientnet-v2-b0', () => efficientnetV2('efficientnet-v2-b0', SMALL)],
  ['mobilenet-v2', () => mobilenetV2({ ...SMALL, width: 0.35, padding: 'symmetric' })],
  ['mobilenet-v3-small', () => mobilenetV3('mobilenet-v3-small', SMALL)],
] as [string, () => FunctionalTopology][])('loads %s and counts the same weights', async (_, build) => {
  const topology = build();
  model = await openInTfjs(topology);
  const counted = countParameters(topology);
  expect(tfjsCount(model.weights)).toBe(counted.total);
  expect(tfjsCount(model.trainableWeights)).toBe(counted.trainable);
  expect(model.layers.map((layer) => layer.name)).toEqual(topology.config.layers.map((layer) => layer.name));
  const probabilities = tf.tidy(() =>
    (model!.predict(tf.zeros([2, 33, 33, 3])) as tf.Tensor).sum(1).arraySync(),
  );
  for (const sum of probabilities as number[]) expect(sum).toBeCloseTo(1, 5);
});

it('loads the whole B0 where Normalization is registered', async () => {
  tf.serialization.registerClass(Normalization);
  const topology = efficientnet('efficientnet-b0', { imageSize: 32 });
  model = await openInTfjs(topology);
  expect(tfjsCount(model.weights)).toBe(5_330_571);
  expect(tfjsCount(model.trainableWeights)).toBe(5_288_548);
  expect(model.getLayer('stem_conv_pad').outputShape).toEqual([null, 33, 33, 3]);
});

it('has the shapes that tfjs works out, at an odd size too', async () => {
  const topology = efficientnet('efficientnet-b0', {
    includePreprocessing: false,
    imageSize: 75,
    classes: 2,
  });
  model = await openInTfjs(topology);
  const sides = ['stem_conv', 'block2a_dwconv', 'block3a_dwconv', 'block4a_dwconv', 'block6a_dwconv'].map(
    (name) => (model!.getLayer(name).outputShape as tf.Shape)[1],
  );
  expect(sides).toEqual([38, 19, 10, 5, 3]);
  expect(model.getLayer('block3b_drop').getConfig().noiseShape).toEqual([null, 1, 1, 1]);
});

it('computes hard swish as the paper defines it', async () => {
  const net = new FunctionalBuilder('activation');
  const input = net.input('x', [5]);
  model = await openInTfjs(net.topology(input, hardActivation(net, 'y', input, 'hard_swish')));
  const values = [-4, -3, -1.5, 1, 5];
  const actual = tf.tidy(() => (model!.predict(tf.tensor([values])) as tf.Tensor).arraySync() as number[][]);
  values.forEach((x, i) => {
    expect(actual[0]![i]).toBeCloseTo((x * Math.min(Math.max(x + 3, 0), 6)) / 6, 5);
  });
});
