import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildForward, type WeightMap } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { addonState, loadTfjsNode } from '../../src/tfjs/tfjs-node.js';
import { Program, type ProgramOptions, type StepResult } from '../../src/train/index.js';
import { pseudoRandom } from '../model/run-layers.js';
import { arrayDataset, plain, smallModel, smallTopology } from '../train/small-network.js';

type Tfjs = Awaited<ReturnType<typeof loadTfjsNode>>;
type Tensor4D = ReturnType<Tfjs['tensor4d']>;
type AnyTensor = ReturnType<Tfjs['tensor']>;
type Values = Record<string, AnyTensor>;

const STEPS = 5;
const BATCH = 8;
const CLASSES = 3;
const EPSILON = 1e-3;

const learningRates = [0.1, 0.2, 0.15, 0.1, 0.05];
const options = {
  ...plain,
  optimizer: 'nesterov',
  momentum: 0.9,
  weightDecay: 0.01,
  labelSmoothing: 0.1,
  bnMomentum: 0.9,
} as const satisfies ProgramOptions;

/** Values for every weight of the network, by name. */
function startWeights(): WeightMap {
  return new Map(
    buildForward(smallTopology(), { training: true }).weights.map(({ name, shape }, i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const noise = pseudoRandom(size, { seed: i + 1, scale: 0.5 });
      const offset = /gamma|variance/.test(name) ? 1 : 0;
      return [name, { dtype: 'float32', shape, data: noise.map((x) => x + offset) }];
    }),
  );
}

const isStatistic = (name: string) => name.includes('/moving_');
const isKernel = (name: string) => name.endsWith('kernel');

/** SAM with Nesterov momentum on the small network, written down once more with tfjs, op by op. */
class EagerSam {
  readonly weights: Values;
  readonly velocity: Values;

  constructor(
    private readonly tf: Tfjs,
    start: WeightMap,
    private readonly settings: { rho: number; clipNorm?: number },
  ) {
    const tensors = [...start].map(([name, { data, shape }]) => [
      name,
      tf.tensor(data as Float32Array, [...shape]),
    ]);
    this.weights = Object.fromEntries(tensors);
    const trained = Object.entries(this.weights).filter(([name]) => !isStatistic(name));
    this.velocity = Object.fromEntries(trained.map(([name, value]) => [name, tf.zerosLike(value)]));
  }

  /** Batch normalization with the statistics of the batch, which `seen` is told. */
  #normalize(
    w: Values,
    x: Tensor4D,
    layer: string,
    seen: (name: string, value: AnyTensor) => void,
  ): Tensor4D {
    const { tf } = this;
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const count = x.size / x.shape[3];
    seen(`${layer}/moving_mean`, mean);
    seen(`${layer}/moving_variance`, tf.mul(variance, count / (count - 1)));
    const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPSILON)));
    return tf.add(tf.mul(normal, w[`${layer}/gamma`]!), w[`${layer}/beta`]!);
  }

  /** The loss at `w`. */
  #loss(
    w: Values,
    images: Tensor4D,
    targets: AnyTensor,
    seen: (name: string, value: AnyTensor) => void = () => {},
  ) {
    const { tf } = this;
    let x: Tensor4D = tf.conv2d(images, w['stem_conv/kernel'] as Tensor4D, 1, 'same');
    x = tf.relu(this.#normalize(w, x, 'stem_bn', seen));
    x = tf.maxPool(x, 2, 2, 'valid');
    let branch: Tensor4D = tf.depthwiseConv2d(x, w['dwconv/depthwise_kernel'] as Tensor4D, 1, 'same');
    branch = tf.relu6(this.#normalize(w, branch, 'dw_bn', seen));
    const features = tf.mean(tf.add(branch, x), [1, 2]);
    const logits = tf.add(tf.matMul(features, w['predictions/kernel']!), w['predictions/bias']!);
    return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1))) as ReturnType<Tfjs['scalar']>;
  }

  /** The loss at `values` of the trained weights, and its gradient. */
  #gradient(
    values: Values,
    images: Tensor4D,
    targets: AnyTensor,
    seen?: (name: string, value: AnyTensor) => void,
  ) {
    const { tf } = this;
    const variables = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, tf.variable(value)]),
    );
    const { value, grads } = tf.variableGrads(() => this.#loss(variables, images, targets, seen));
    const gradients = Object.fromEntries(
      Object.entries(variables).map(([name, { name: key }]) => [name, grads[key]!]),
    );
    return { loss: value.dataSync()[0]!, gradients };
  }

  #norm(gradients: Values): number {
    const squares = Object.values(gradients).map((g) => this.tf.sum(this.tf.square(g)).dataSync()[0]!);
    return Math.sqrt(squares.reduce((a, b) => a + b));
  }

  step(pixels: Uint8Array, labels: Int32Array, learningRate: number): Omit<StepResult, 'applied'> {
    const { tf, settings } = this;
    const images = tf.div(tf.sub(tf.tensor(pixels, [BATCH, 8, 8, 3], 'float32'), 127), 128) as Tensor4D;
    const off = options.labelSmoothing / CLASSES;
    const targets = tf.oneHot(
      tf.tensor1d(labels, 'int32'),
      CLASSES,
      1 - options.labelSmoothing + off,
      off,
      'float32',
    );
    const trained = Object.fromEntries(Object.entries(this.weights).filter(([name]) => !isStatistic(name)));

    const clean = this.#gradient(trained, images, targets, (name, batch) => {
      const old = this.weights[name]!;
      this.weights[name] = tf.keep(
        tf.add(tf.mul(old, options.bnMomentum), tf.mul(batch, 1 - options.bnMomentum)),
      );
    });
    const scale = settings.rho / this.#norm(clean.gradients);
    const perturbed = this.#gradient(
      Object.fromEntries(
        Object.entries(trained).map(([name, value]) => [
          name,
          tf.add(value, tf.mul(clean.gradients[name]!, scale)),
        ]),
      ),
      images,
      targets,
    );
    const gradNorm = this.#norm(perturbed.gradients);
    const clip = settings.clipNorm === undefined ? 1 : Math.min(1, settings.clipNorm / gradNorm);
    for (const [name, value] of Object.entries(trained)) {
      const decay = isKernel(name) ? options.weightDecay : 0;
      const g = tf.add(tf.mul(perturbed.gradients[name]!, clip), tf.mul(value, decay));
      const v = tf.add(tf.mul(this.velocity[name]!, options.momentum), g);
      this.velocity[name] = v;
      this.weights[name] = tf.sub(value, tf.mul(tf.add(g, tf.mul(v, options.momentum)), learningRate));
    }
    return { loss: clean.loss, perturbedLoss: perturbed.loss, gradNorm };
  }
}

/** The largest difference between a tensor and its reference, as a share of the reference's largest value. */
function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const apart = Array.from(found, (value, i) => Math.abs(value - expected[i]!));
  return apart.reduce((most, value) => Math.max(most, value)) / largest;
}

describe.skipIf(!addonState().built)(
  'five SAM steps equal an independent implementation in eager tfjs',
  () => {
    let tf: Tfjs;
    beforeAll(async () => {
      tf = await loadTfjsNode();
    });
    afterAll(() => expect(Tensor.liveCount).toBe(0));

    test.each<[string, { rho: number; clipNorm?: number }]>([
      ['rho 0.05', { rho: 0.05 }],
      ['rho 0.5, clipped at every step', { rho: 0.5, clipNorm: 0.1 }],
    ])('%s', async (_name, settings) => {
      const start = startWeights();
      const reference = new EagerSam(tf, start, settings);
      const program = Program.create(smallModel({ weights: start }), { ...options, ...settings });
      await program.start();
      for (let step = 0; step < STEPS; step++) {
        const { source, labels } = arrayDataset(BATCH, { seed: step + 1 });
        if (source.kind !== 'array') throw new Error('expected an array');
        const batch = {
          images: Tensor.from('uint8', source.pixels, [BATCH, 8, 8, 3]),
          labels: Tensor.from('int32', labels),
        };
        const learningRate = learningRates[step]!;
        const found = await program.step({ batches: [batch], step, learningRate, rho: settings.rho });
        const expected = reference.step(source.pixels, labels, learningRate);
        batch.images.dispose();
        batch.labels.dispose();
        expect(found.loss).toBeCloseTo(expected.loss, 4);
        expect(found.perturbedLoss).toBeCloseTo(expected.perturbedLoss!, 4);
        expect(found.gradNorm / expected.gradNorm).toBeCloseTo(1, 4);
        if (settings.clipNorm) expect(found.gradNorm).toBeGreaterThan(settings.clipNorm);
      }
      const { weights, optimizer } = await program.state();
      await program.close();
      expect([...weights.keys()].sort()).toEqual(Object.keys(reference.weights).sort());
      for (const [name, { data }] of weights) {
        expect(difference(data as Float32Array, reference.weights[name]!.dataSync()), name).toBeLessThan(
          1e-5,
        );
        // And five steps did move it.
        expect(difference(data as Float32Array, start.get(name)!.data as Float32Array), name).toBeGreaterThan(
          1e-3,
        );
      }
      for (const [name, value] of Object.entries(reference.velocity)) {
        const found = optimizer.get(`${name}/momentum`)!.data as Float32Array;
        expect(difference(found, value.dataSync()), `${name}/momentum`).toBeLessThan(1e-5);
      }
    });
  },
);
