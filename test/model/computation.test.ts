import { describe, expect, test } from 'vitest';
import type { FunctionalBuilder, LayerOutput } from '../../models/functional-builder.js';
import type { Padding2D } from '../../models/window.js';
import { computationOf } from '../../src/model/computation.js';
import { layerModel } from './layer-model.js';

type Build = (b: FunctionalBuilder, x: LayerOutput) => LayerOutput;

const initializer = { class_name: 'Zeros', config: {} };
const keyOf = (build: Build, size = 8) =>
  computationOf(layerModel([size, size, 3], build), { imageSize: size });

const conv =
  (config: object, zeros?: Padding2D): Build =>
  (b, x) => {
    const padded = zeros ? b.zeroPadding2d('zeros', x, zeros) : x;
    const settings = { filters: 2, kernel_size: [3, 3], strides: [2, 2], use_bias: false, ...config };
    return b.layer('Conv2D', 'conv', [padded], settings, [4, 4, 2]);
  };
const layer =
  (className: string, config: object, name = 'own'): Build =>
  (b, x) =>
    b.layer(className, name, [x], { ...config }, x.shape);
const dense =
  (activation: string, name = 'out'): Build =>
  (b, x) =>
    b.dense(name, b.flatten('flat', x), { units: 2, activation, initializer });

describe('the same computation', () => {
  test.each<[string, Build, Build]>([
    [
      "TensorFlow's padding, and its zeros in front",
      conv({ padding: 'same' }),
      conv({ padding: 'valid' }, [
        [0, 1],
        [0, 1],
      ]),
    ],
    ['settings by default, and left out', conv({ groups: 1, dilation_rate: 1 }), conv({})],
    [
      'an activation inside, and behind',
      conv({ activation: 'silu' }),
      (b, x) => b.activation('a', conv({})(b, x), 'swish'),
    ],
    [
      'relu6 as a layer, and by name',
      layer('ReLU', { max_value: 6 }),
      layer('Activation', { activation: 'relu6' }, 'x'),
    ],
    [
      'dropout, and none',
      (b, x) => layer('Dropout', { rate: 0.5 }, 'd')(b, dense('linear')(b, x)),
      dense('linear'),
    ],
    ['a softmax at the end, and none', dense('softmax'), dense('linear')],
    [
      'other momentum',
      layer('BatchNormalization', { momentum: 0.9 }),
      layer('BatchNormalization', { axis: [3] }),
    ],
  ])('%s', (_, one, other) => {
    expect(keyOf(one)).toBe(keyOf(other));
  });
});

describe('another computation', () => {
  test.each<[string, Build, Build]>([
    [
      'zeros on the other side',
      conv({ padding: 'same' }),
      conv({}, [
        [1, 0],
        [1, 0],
      ]),
    ],
    ['weights of another name', dense('linear'), dense('linear', 'other')],
    ['another epsilon', layer('BatchNormalization', {}), layer('BatchNormalization', { epsilon: 1e-5 })],
    ['another scale', layer('Rescaling', { scale: 2 }), layer('Rescaling', { scale: 3 })],
    ['another slope', layer('LeakyReLU', { alpha: 0.1 }), layer('LeakyReLU', { alpha: 0.2 })],
    ['a softmax in the middle', (b, x) => dense('linear')(b, layer('Softmax', {})(b, x)), dense('linear')],
    ['another activation', conv({ activation: 'relu' }), conv({ activation: 'relu6' })],
  ])('%s', (_, one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });

  test("TensorFlow's padding is another one at another size", () => {
    const zeros: Padding2D = [
      [1, 1],
      [1, 1],
    ];
    expect(keyOf(conv({ padding: 'same' }), 9)).toBe(keyOf(conv({}, zeros), 9));
    expect(keyOf(conv({ padding: 'same' }), 8)).not.toBe(keyOf(conv({}, zeros), 8));
  });
});
