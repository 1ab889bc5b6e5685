import { FunctionalBuilder, type InitializerConfig } from '../../models/functional-builder.js';
import type { FunctionalTopology } from '../../models/topology.js';
import type { Dataset, Task } from '../../src/data/dataset.js';
import { Model } from '../../src/model/index.js';
import type { ProgramOptions } from '../../src/train/index.js';
import { pseudoRandom } from '../model/run-layers.js';

const VARIANCE: InitializerConfig = {
  class_name: 'VarianceScaling',
  config: { scale: 1, mode: 'fan_in', distribution: 'uniform', seed: null },
};

export interface NetworkOptions {
  /** Side of the input in pixels. @default 8 */
  side?: number;
  /** @default 3 */
  classes?: number;
  /** Rate before the classifier. @default 0 */
  dropout?: number;
  /** Rate of the residual branch. @default 0 */
  dropConnect?: number;
}

/** A network with what EfficientNets are made of, in the small: it trains in a few milliseconds a step. */
export function smallTopology({
  side = 8,
  classes = 3,
  dropout = 0,
  dropConnect = 0,
}: NetworkOptions = {}): FunctionalTopology {
  const b = new FunctionalBuilder('small');
  const input = b.input('input', [side, side, 3]);
  let x = b.conv2d('stem_conv', input, { filters: 6, kernelSize: 3, useBias: false, initializer: VARIANCE });
  x = b.activation('stem_activation', b.batchNormalization('stem_bn', x), 'relu');
  const [height, width] = x.shape as [number, number];
  const pooling = { pool_size: [2, 2], strides: [2, 2], padding: 'valid', data_format: 'channels_last' };
  x = b.layer('MaxPooling2D', 'pool', [x], pooling, [height >> 1, width >> 1, 6]);
  let branch = b.depthwiseConv2d('dwconv', x, { kernelSize: 3, useBias: false, initializer: VARIANCE });
  branch = b.activation('dw_activation', b.batchNormalization('dw_bn', branch), 'relu6');
  if (dropConnect > 0) branch = b.dropout('drop', branch, { rate: dropConnect, noiseShape: [null, 1, 1, 1] });
  x = b.globalAveragePooling2d('average', b.add('add', [branch, x]));
  if (dropout > 0) x = b.dropout('top_dropout', x, { rate: dropout });
  return b.topology(input, b.dense('predictions', x, { units: classes, initializer: VARIANCE }));
}

/** A model of that network with weights that are drawn from `seed`. */
export function smallModel({
  seed = 0,
  weights = new Map(),
  ...options
}: NetworkOptions & { seed?: number; weights?: Model['weights'] } = {}): Model {
  const { side = 8, classes = 3 } = options;
  return new Model(
    {
      topology: smallTopology(options),
      weights,
      labels: Array.from({ length: classes }, (_, i) => `class ${i}`),
      preprocessing: { mean: [127, 127, 127], std: [128, 128, 128] },
      imageSize: side,
    },
    { origin: 'small network', seed },
  );
}

/** What a training program of that network is given, where a test does not say otherwise. */
export const plain: ProgramOptions = {
  source: { height: 8, width: 8 },
  augmentations: [],
  labelSmoothing: 0.1,
  optimizer: 'nesterov',
  momentum: 0.9,
  weightDecay: 1e-3,
  sam: { method: 'sam' },
  bnMomentum: 0.9,
  seed: 5,
};

/** Images that look random, with labels that go round. */
export function arrayDataset(length: number, { side = 8, classes = 3, seed = 1 } = {}): Dataset {
  const bytes = side * side * 3;
  const noise = pseudoRandom(length * bytes, { seed, scale: 127.5 });
  return {
    length,
    labels: Int32Array.from({ length }, (_, i) => i % classes),
    source: { kind: 'array', pixels: Uint8Array.from(noise, (x) => x + 127.5), height: side, width: side },
  };
}

/** A task of such images that can be learned: each class is brighter than the one before it. */
export function arrayTask(train: number, { classes = 3, test = 12, side = 8 } = {}): Task {
  const split = (length: number, seed: number): Dataset => {
    const dataset = arrayDataset(length, { side, classes, seed });
    if (dataset.source.kind !== 'array') throw new Error('expected an array');
    const { pixels } = dataset.source;
    const bytes = side * side * 3;
    pixels.forEach((value, i) => {
      const label = dataset.labels[Math.floor(i / bytes)]!;
      pixels[i] = value / 2 + (label * 127) / (classes - 1);
    });
    return dataset;
  };
  return {
    name: 'brightness',
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    train: split(train, 1),
    test: split(test, 2),
    fingerprint: `brightness ${train} ${test}`,
  };
}
