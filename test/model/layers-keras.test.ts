import { describe, expect, test } from 'vitest';
import type { Json } from '../../models/topology.js';
import { InputError } from '../../src/errors.js';
import { buildForward, type WeightMap } from '../../src/model/index.js';
import { KERAS_ACTIVATIONS } from '../../src/model/layers/activation.js';
import { layerModel } from './layer-model.js';
import { pseudoRandom, runLayers } from './run-layers.js';

type Config = { [key: string]: Json };

const only = (className: string, config: Config, input: readonly number[], output = input) =>
  layerModel(input, (b, x) => b.layer(className, 'layer', [x], config, output));

const POINTS = [-4, -2.5, -1, -0.5, 0, 0.25, 1, 2, 3.5];
const points = { values: Float32Array.from(POINTS), shape: [1, 1, 1, POINTS.length] };

describe('activations that Keras 3 has beside those of tfjs', () => {
  // As Keras 3.15 gives them; its hard_sigmoid is hard_sigmoid_relu6 here.
  const expected: Record<string, number[]> = {
    hard_sigmoid_relu6: [0, 0.083333, 0.333333, 0.416667, 0.5, 0.541667, 0.666667, 0.833333, 1],
    hard_silu: [0, -0.208333, -0.333333, -0.208333, 0, 0.135417, 0.666667, 1.666667, 3.5],
    leaky_relu: [-0.8, -0.5, -0.2, -0.1, 0, 0.25, 1, 2, 3.5],
    exponential: [0.018316, 0.082085, 0.367879, 0.606531, 1, 1.284025, Math.E, 7.389056, 33.115452],
    celu: [-0.981684, -0.917915, -0.632121, -0.393469, 0, 0.25, 1, 2, 3.5],
    hard_tanh: [-1, -1, -1, -0.5, 0, 0.25, 1, 1, 1],
    log_sigmoid: [
      -4.01815,
      -2.57889,
      -1.313262,
      -0.974077,
      -Math.LN2,
      -0.575939,
      -0.313262,
      -0.126928,
      -0.02975,
    ],
  };
  const shape = [1, 1, POINTS.length];

  test('are all compared', () => {
    expect(Object.keys(expected)).toEqual(Object.keys(KERAS_ACTIVATIONS));
  });

  test.each(Object.entries(expected))(
    '%s: values, and gradients by differences',
    async (activation, values) => {
      const topology = only('Activation', { activation }, shape);
      const { output, gradients } = await runLayers(topology, new Map(), points, { gradients: true });
      values.forEach((value, i) => {
        expect(output[i]).toBeCloseTo(value, 5);
      });
      const step = 1e-2;
      const moved = async (by: number) =>
        (await runLayers(topology, new Map(), { ...points, values: points.values.map((x) => x + by) }))
          .output;
      const [above, below] = [await moved(step), await moved(-step)];
      POINTS.forEach((x, i) => {
        // Not at the kinks.
        if ([-1, 0, 1].includes(x)) return;
        const slope = (above[i]! ** 2 - below[i]! ** 2) / (2 * step);
        expect(Math.abs(gradients.images![i]! - slope)).toBeLessThan(1e-3 * Math.max(1, Math.abs(slope)));
      });
    },
  );

  test.each([
    ['hard_swish', 'hard_silu'],
    ['silu', 'swish'],
    ['hard_sigmoid', 'hardSigmoid'],
    ['log_softmax', 'logSoftmax'],
  ])('%s is another name of %s', async (alias, name) => {
    const found = async (activation: string) =>
      (await runLayers(only('Activation', { activation }, shape), new Map(), points)).output;
    expect(await found(alias)).toEqual(await found(name));
  });

  test('hard_sigmoid is that of Keras 2: clip(0.2 x + 0.5, 0, 1)', async () => {
    const { output } = await runLayers(
      only('Activation', { activation: 'hard_sigmoid' }, shape),
      new Map(),
      points,
    );
    POINTS.forEach((x, i) => {
      expect(output[i]).toBeCloseTo(Math.min(1, Math.max(0, 0.2 * x + 0.5)), 5);
    });
  });

  test.each(['toString', 'constructor'])('%s is none', (activation) => {
    const build = () => buildForward(only('Activation', { activation }, shape), { training: false });
    expect(build).toThrow(InputError);
    expect(build).toThrow(`activation in layer 'layer': '${activation}'`);
  });
});

describe('slopes below zero', () => {
  test.each<[string, Config, (x: number) => number]>([
    ['ELU', { alpha: 0.4 }, (x) => (x > 0 ? x : 0.4 * Math.expm1(x))],
    ['LeakyReLU', { negative_slope: 0.1 }, (x) => (x > 0 ? x : 0.1 * x)],
    ['LeakyReLU', {}, (x) => (x > 0 ? x : 0.3 * x)],
    ['ReLU', { negative_slope: 0.2, threshold: 0.5 }, (x) => (x >= 0.5 ? x : 0.2 * (x - 0.5))],
  ])('%s %o', async (className, config, equation) => {
    const topology = only(className, config, [1, 1, POINTS.length]);
    const { output } = await runLayers(topology, new Map(), points);
    POINTS.forEach((x, i) => {
      expect(output[i]).toBeCloseTo(equation(x), 5);
    });
  });
});

describe('merging', () => {
  const merged = (className: string, count = 2) =>
    layerModel([1, 1, 4], (b, x) => {
      const others = [b.rescaling('two', x, { scale: 2, offset: 1 }), x].slice(0, count - 1);
      return b.layer(className, 'merged', [x, ...others], {}, x.shape);
    });
  const images = { values: pseudoRandom(8, { seed: 2 }), shape: [2, 1, 1, 4] };

  test('Subtract takes the second from the first', async () => {
    const { output, gradients } = await runLayers(merged('Subtract'), new Map(), images, { gradients: true });
    output.forEach((y, i) => {
      expect(y).toBeCloseTo(-images.values[i]! - 1, 5);
      expect(gradients.images![i]).toBeCloseTo(-2 * y, 4);
    });
  });

  test('Subtract takes two inputs', () => {
    const build = () => buildForward(merged('Subtract', 3), { training: false });
    expect(build).toThrow("Layer 'merged' takes two inputs, received 3.");
  });
});

describe('convolution in groups', () => {
  const [groups, filters, channels] = [2, 6, 4];
  const conv = (name: string, count: number): Config => ({
    name,
    filters: count,
    kernel_size: [3, 3],
    strides: [2, 2],
    padding: 'same',
  });
  const images = { values: pseudoRandom(2 * 5 * 5 * channels, { seed: 3 }), shape: [2, 5, 5, channels] };
  const kernel = pseudoRandom(3 * 3 * (channels / groups) * filters, { seed: 4 });
  const weight = (shape: number[], data: Float32Array) => ({ dtype: 'float32' as const, shape, data });

  test('is one convolution a group, side by side: values and gradients', async () => {
    const grouped = layerModel([5, 5, channels], (b, x) =>
      b.layer('Conv2D', 'all', [x], { ...conv('all', filters), groups }, [3, 3, filters]),
    );
    const bias = pseudoRandom(filters, { seed: 6 });
    const weights: WeightMap = new Map([
      ['all/kernel', weight([3, 3, channels / groups, filters], kernel)],
      ['all/bias', weight([filters], bias)],
    ]);
    // The same with a full kernel that is zero outside the groups.
    const dense = layerModel([5, 5, channels], (b, x) =>
      b.layer('Conv2D', 'all', [x], conv('all', filters), [3, 3, filters]),
    );
    const full = new Float32Array(9 * channels * filters);
    const places: [number, number][] = [];
    for (let position = 0; position < 9; position++) {
      for (let channel = 0; channel < channels / groups; channel++) {
        for (let filter = 0; filter < filters; filter++) {
          const group = Math.floor(filter / (filters / groups));
          const from = (position * (channels / groups) + channel) * filters + filter;
          const to = (position * channels + group * (channels / groups) + channel) * filters + filter;
          full[to] = kernel[from]!;
          places.push([from, to]);
        }
      }
    }
    const fullWeights: WeightMap = new Map(weights).set(
      'all/kernel',
      weight([3, 3, channels, filters], full),
    );
    const run = { gradients: true };
    const found = await runLayers(grouped, weights, images, run);
    const expected = await runLayers(dense, fullWeights, images, run);
    found.output.forEach((y, i) => {
      expect(y).toBeCloseTo(expected.output[i]!, 4);
    });
    for (const [from, to] of places) {
      expect(found.gradients['all/kernel']![from]).toBeCloseTo(expected.gradients['all/kernel']![to]!, 3);
    }
    found.gradients.images!.forEach((slope, i) => {
      expect(slope).toBeCloseTo(expected.gradients.images![i]!, 3);
    });
  });
});

describe('channels of zeros', () => {
  test('ChannelPadding puts them behind the others, and hands gradients through', async () => {
    const topology = only('ChannelPadding', { padding: 2 }, [2, 1, 3], [2, 1, 5]);
    const images = { values: pseudoRandom(6, { seed: 8 }), shape: [1, 2, 1, 3] };
    const { output, gradients } = await runLayers(topology, new Map(), images, { gradients: true });
    const v = images.values;
    expect([...output]).toEqual([v[0], v[1], v[2], 0, 0, v[3], v[4], v[5], 0, 0]);
    gradients.images!.forEach((slope, i) => {
      expect(slope).toBeCloseTo(2 * v[i]!, 5);
    });
  });
});

describe('what cannot be is named', () => {
  test.each<[string, Config, RegExp]>([
    ['Cropping2D', { cropping: [3, 3] }, /'layer' leaves nothing of an image of 6 x 6 pixels/],
    ['Permute', { dims: [1, 2] }, /'layer' cannot order the axes of \[6,6,4\] as \[1,2\]/],
    ['Permute', { dims: [1, 2, 2] }, /as \[1,2,2\]/],
    ['LayerNormalization', { axis: 1 }, /'layer' normalizes axes \[1\]; only the last axes/],
    ['LayerNormalization', { axis: -1, rms_scaling: true }, /'layer' has rms_scaling/],
  ])('%s %o', (className, config, message) => {
    const build = () => buildForward(only(className, config, [6, 6, 4]), { training: false });
    expect(build).toThrow(InputError);
    expect(build).toThrow(message);
  });
});
