import { describe, expect, test } from 'vitest';
import type { Json, LayersTopology } from '../../models/topology.js';
import { InputError } from '../../src/errors.js';
import { buildForward, type WeightMap } from '../../src/model/index.js';
import { LAYERS } from '../../src/model/layers/index.js';
import { smallTopology } from '../train/small-network.js';
import { layerModel } from './layer-model.js';
import { pseudoRandom, runLayers } from './run-layers.js';

const inference = { training: false };

/** The error that a topology is refused with. */
function refusal(topology: LayersTopology): string {
  try {
    buildForward(topology, inference);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('The topology was accepted.');
}

const withLayer = (className: string, config: Record<string, Json>) =>
  layerModel([6, 6, 4], (b, x) => b.layer(className, 'odd', [x], config as { [key: string]: Json }, x.shape));

describe('what is not supported is named', () => {
  test('a layer, with those that are', () => {
    const message = refusal(withLayer('UnitNormalization', {}));
    expect(message).toContain("Layer 'odd' is a UnitNormalization, which is not supported.");
    for (const name of ['InputLayer', ...Object.keys(LAYERS)]) expect(message).toContain(name);
  });

  test.each<[string, Record<string, Json>, RegExp]>([
    ['Activation', { activation: 'swihs' }, /activation in layer 'odd': 'swihs'\. Did you mean 'swish'\?/],
    [
      'Conv2D',
      { filters: 6, kernel_size: 3, groups: 4 },
      /'odd' cannot divide 4 channels and 6 filters into 4 groups/,
    ],
    [
      'Conv2D',
      { filters: 4, kernel_size: 3, padding: 'causal' },
      /'odd' has padding 'causal'; supported: same, valid/,
    ],
    [
      'Conv2D',
      { filters: 4, kernel_size: 3, data_format: 'channels_first' },
      /'odd' has data_format 'channels_first'/,
    ],
    [
      'Conv2D',
      { filters: 4, kernel_size: 9, padding: 'valid' },
      /'odd' has a window of 9 pixels, its input is 6 pixels/,
    ],
    [
      'DepthwiseConv2D',
      { kernel_size: 3, strides: [1, 2] },
      /'odd' is a depthwise convolution with strides \[1,2\]/,
    ],
    ['BatchNormalization', { axis: 1 }, /'odd' normalizes axis 1; only the last/],
    ['Softmax', { axis: 1 }, /'odd' has softmax axis 1/],
    ['Reshape', { target_shape: [5, 7] }, /'odd' cannot make \[5,7\] out of \[6,6,4\]/],
    ['Dense', { units: 3 }, /'odd' takes \[features\], received \[6,6,4\]/],
  ])('%s %o', (className, config, message) => {
    expect(refusal(withLayer(className, config))).toMatch(message);
  });

  test('merging what does not fit', () => {
    const merged = (className: string, config: Record<string, Json>) =>
      layerModel([6, 6, 4], (b, x) =>
        b.layer(
          className,
          'odd',
          [
            x,
            b.conv2d('c', x, {
              filters: 3,
              kernelSize: 3,
              padding: 'valid',
              initializer: { class_name: 'Zeros', config: {} },
            }),
          ],
          config as { [key: string]: Json },
          x.shape,
        ),
      );
    expect(refusal(merged('Add', {}))).toContain("'odd' cannot merge [6,6,4] and [4,4,3]");
    expect(refusal(merged('Concatenate', { axis: -1 }))).toContain(
      "'odd' cannot concatenate [6,6,4] and [4,4,3]",
    );
  });

  test('a class of model, and an output that is no vector of logits', () => {
    const topology = layerModel([6, 6, 4], (_, x) => x);
    expect(refusal({ ...topology, class_name: 'Subclassed' } as unknown as LayersTopology)).toContain(
      'The model is a Subclassed',
    );
    topology.config.output_layers = [['input', 0, 0]];
    expect(refusal(topology)).toContain('gives [6,6,4] an image, not one value a class');
  });

  test('a second input, and a layer before what it takes', () => {
    const two = layerModel([6, 6, 4], (b, x) =>
      b.layer('Add', 'add', [x, b.input('other', [6, 6, 4])], {}, x.shape),
    );
    expect(refusal(two)).toContain("more than one input ('other')");
    const late = layerModel([6, 6, 4], (b, x) => b.activation('late', x, 'relu'));
    late.config.layers.reverse();
    expect(refusal(late)).toContain("Layer 'flatten' takes 'late', which does not come before it.");
  });
});

describe('a sequential model', () => {
  const chain = (layers: readonly object[]) =>
    ({
      class_name: 'Sequential',
      config: {
        name: 'chain',
        layers: layers.map((layer) => {
          const { class_name, ...config } = layer as { class_name: string };
          return { class_name, config };
        }),
      },
    }) as unknown as LayersTopology;
  const layers = [
    { class_name: 'Flatten', name: 'flat', batch_input_shape: [null, 2, 2, 3] },
    { class_name: 'Dense', name: 'hidden', units: 4, activation: 'relu' },
    { class_name: 'Dense', name: 'out', units: 2 },
  ];

  test('is the functional model of the same layers', async () => {
    const weights: WeightMap = new Map(
      Object.entries({
        'hidden/kernel': [12, 4],
        'hidden/bias': [4],
        'out/kernel': [4, 2],
        'out/bias': [2],
      }).map(([name, shape], i) => [
        name,
        {
          dtype: 'float32',
          shape,
          data: pseudoRandom(
            shape.reduce((a, b) => a * b),
            { seed: i + 1 },
          ),
        },
      ]),
    );
    const values = pseudoRandom(12, { seed: 9 });
    const { output } = await runLayers(chain(layers), weights, { values, shape: [1, 2, 2, 3] });
    const [w1, b1, w2, b2] = [...weights.values()].map(({ data }) => data as Float32Array);
    const hidden = [0, 1, 2, 3].map((k) =>
      Math.max(
        0,
        values.reduce((sum, x, i) => sum + x * w1![i * 4 + k]!, b1![k]!),
      ),
    );
    [0, 1].forEach((k) => {
      expect(output[k]).toBeCloseTo(
        hidden.reduce((sum, x, i) => sum + x * w2![i * 2 + k]!, b2![k]!),
        5,
      );
    });
  });

  test('needs layers, and the size of its input', () => {
    expect(refusal(chain([]))).toContain("The model 'chain' has no layers.");
    expect(refusal(chain(layers.slice(1)))).toContain("first layer of 'chain' has no batch_input_shape");
    const open = [{ ...layers[0]!, batch_input_shape: [null, null, null, 3] }, ...layers.slice(1)];
    expect(refusal(chain(open))).toContain('Give the image size.');
    expect(buildForward(chain(open), { ...inference, imageSize: 2 }).inputShape).toEqual([2, 2, 3]);
  });
});

describe('logits', () => {
  const ends: Record<string, (topology: ReturnType<typeof smallTopology>) => void> = {
    'a dense layer with softmax': (topology) => {
      topology.config.layers.at(-1)!.config.activation = 'softmax';
    },
    'an Activation of softmax': (topology) => append(topology, 'Activation', { activation: 'softmax' }),
    'a Softmax layer': (topology) => append(topology, 'Softmax', { axis: -1 }),
  };
  function append(
    topology: ReturnType<typeof smallTopology>,
    class_name: string,
    config: Record<string, Json>,
  ) {
    topology.config.layers.push({
      class_name,
      name: 'end',
      config: { name: 'end', ...config } as { name: string; [key: string]: Json },
      inbound_nodes: [[['predictions', 0, 0, {}]]],
    });
    topology.config.output_layers = [['end', 0, 0]];
  }

  test.each(Object.entries(ends))('are what goes into the softmax of %s', async (_name, change) => {
    const plain = smallTopology();
    const weights: WeightMap = new Map(
      buildForward(plain, inference).weights.map(({ name, shape }, i) => [
        name,
        {
          dtype: 'float32',
          shape,
          data: pseudoRandom(
            shape.reduce((a, b) => a * b),
            { seed: i + 1 },
          ).map((x) => (name.includes('variance') ? 2 + x : x)),
        },
      ]),
    );
    const images = { values: pseudoRandom(2 * 8 * 8 * 3), shape: [2, 8, 8, 3] };
    const expected = await runLayers(plain, weights, images);
    const topology = smallTopology();
    change(topology);
    const found = await runLayers(topology, weights, images);
    expect(found.output).toEqual(expected.output);
    expect(Math.min(...found.output)).toBeLessThan(0);
  });
});

test('weights are listed with shape and whether they are trained; statistics with the layer’s momentum', () => {
  const forward = buildForward(smallTopology({ dropout: 0.2 }), { training: true });
  const frozen = forward.weights.filter(({ trainable }) => !trainable).map(({ name }) => name);
  expect(frozen).toEqual(
    ['stem_bn', 'dw_bn'].flatMap((bn) => [`${bn}/moving_mean`, `${bn}/moving_variance`]),
  );
  expect(forward.weights.find(({ name }) => name === 'stem_conv/kernel')!.shape).toEqual([3, 3, 3, 6]);
  expect(forward.statistics.map(({ layer, momentum }) => [layer, momentum])).toEqual([
    ['stem_bn', 0.99],
    ['dw_bn', 0.99],
  ]);
  expect([forward.classes, forward.random]).toEqual([3, true]);
  const still = buildForward(smallTopology({ dropout: 0.2 }), { training: true, normMode: 'moving' });
  expect(still.statistics).toEqual([]);
  expect(buildForward(smallTopology(), { training: true }).random).toBe(false);
});
