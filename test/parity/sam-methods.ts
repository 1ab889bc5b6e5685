import { buildForward, type WeightMap } from '../../src/model/index.js';
import { loadTfjsNode } from '../../src/tfjs/tfjs-node.js';
import { pseudoRandom } from '../model/run-layers.js';
import {
  type ReferenceOptions,
  type Rows,
  fiveSteps as referenceSteps,
  type Values,
} from '../sam/reference.js';
import { arrayDataset, smallTopology } from '../train/small-network.js';

type Tfjs = Awaited<ReturnType<typeof loadTfjsNode>>;
type Tensor = ReturnType<Tfjs['tensor']>;
type Tensor4D = ReturnType<Tfjs['tensor4d']>;

/** Images of a step, classes, and smoothing of the labels: the program that is compared has the same. */
export const BATCH = 8;
const CLASSES = 3;
export const LABEL_SMOOTHING = 0.1;
/** Epsilon of the network's batch normalizations. */
const EPSILON = 1e-3;

export interface MethodOptions extends Omit<ReferenceOptions, 'partialAscent'> {
  /** Part of the batch, its first images, that the ascent gradient is of. @default 1 */
  ascentFraction?: number;
}

/** Values for every weight of the small network, moving statistics included. */
export function startWeights(): WeightMap {
  return new Map(
    buildForward(smallTopology(), { training: true }).weights.map(({ name, shape }, i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const offset = /gamma|variance/.test(name) ? 1 : 0;
      return [
        name,
        {
          dtype: 'float32',
          shape,
          data: pseudoRandom(size, { seed: i + 1, scale: 0.5 }).map((x) => x + offset),
        },
      ];
    }),
  );
}

/** The images and labels of a step: uint8 `[BATCH, 8, 8, 3]`, int32 `[BATCH]`. */
export function batchOf(step: number): { pixels: Uint8Array; labels: Int32Array } {
  const { source, labels } = arrayDataset(BATCH, { seed: step + 1 });
  if (source.kind !== 'array') throw new Error('expected an array');
  return { pixels: source.pixels, labels };
}

/**
 * Five steps of a method with plain SGD, without momentum and weight decay, on the small network: the gradients are
 * those of eager tfjs, what is made of them is the reference's.
 *
 * @returns the trained weights, float32
 */
export async function fiveSteps({ ascentFraction = 1, ...options }: MethodOptions): Promise<WeightMap> {
  const tf = await loadTfjsNode();
  const start = [...startWeights()].filter(([name]) => !name.includes('/moving_'));
  const shapes = new Map(start.map(([name, { shape }]) => [name, [...shape]]));
  const gradient = (weights: Values, rows: Rows, step: number) =>
    gradientOf(tf, weights, shapes, {
      step,
      images: rows === 'all' ? BATCH : Math.round(ascentFraction * BATCH),
    });
  const found = referenceSteps(
    new Map(start.map(([name, { data }]) => [name, Float64Array.from(data as Float32Array)])),
    gradient,
    { ...options, partialAscent: ascentFraction < 1 },
  );
  return new Map(
    [...found].map(([name, data]) => [
      name,
      { dtype: 'float32', shape: shapes.get(name)!, data: Float32Array.from(data) },
    ]),
  );
}

/** The gradient of the loss on the first `images` images of a step. */
function gradientOf(
  tf: Tfjs,
  weights: Values,
  shapes: ReadonlyMap<string, number[]>,
  { step, images }: { step: number; images: number },
): Map<string, Float64Array> {
  const { pixels, labels } = batchOf(step);
  const variables = new Map(
    [...weights].map(([name, data]) => {
      const initial = tf.tensor(Float32Array.from(data), shapes.get(name)!);
      const variable = tf.variable(initial);
      initial.dispose();
      return [name, variable];
    }),
  );
  const gradients = new Map<string, Float64Array>();
  try {
    tf.tidy(() => {
      const x = tf.div(tf.sub(tf.tensor(pixels, [BATCH, 8, 8, 3], 'float32'), 127), 128) as Tensor4D;
      const off = LABEL_SMOOTHING / CLASSES;
      const targets = tf.oneHot(
        tf.tensor1d(labels, 'int32'),
        CLASSES,
        1 - LABEL_SMOOTHING + off,
        off,
        'float32',
      );
      const loss = () =>
        lossOf(tf, (name) => variables.get(name)!, x.slice(0, images), targets.slice(0, images));
      const { grads } = tf.variableGrads(loss);
      for (const [name, variable] of variables) {
        gradients.set(name, Float64Array.from(grads[variable.name]!.dataSync()));
      }
    });
  } finally {
    for (const variable of variables.values()) variable.dispose();
  }
  return gradients;
}

/** Mean cross-entropy of the small network in training: batch normalization has the statistics of the batch. */
function lossOf(
  tf: Tfjs,
  w: (name: string) => Tensor,
  images: Tensor4D,
  targets: Tensor,
): ReturnType<Tfjs['scalar']> {
  const normalized = (x: Tensor4D, layer: string): Tensor4D => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const scale = tf.mul(tf.rsqrt(tf.add(variance, EPSILON)), w(`${layer}/gamma`));
    return tf.add(tf.mul(tf.sub(x, mean), scale), w(`${layer}/beta`));
  };
  const stem = tf.relu(
    normalized(tf.conv2d(images, w('stem_conv/kernel') as Tensor4D, 1, 'same'), 'stem_bn'),
  );
  const pooled = tf.maxPool(stem, 2, 2, 'valid');
  const depthwise = tf.depthwiseConv2d(pooled, w('dwconv/depthwise_kernel') as Tensor4D, 1, 'same');
  const branch = tf.relu6(normalized(depthwise, 'dw_bn'));
  const features = tf.mean(tf.add(branch, pooled), [1, 2]);
  const logits = tf.add(tf.matMul(features, w('predictions/kernel')), w('predictions/bias'));
  const losses = tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1));
  return tf.mean(losses) as ReturnType<Tfjs['scalar']>;
}
