import { describe, expect, test } from 'vitest';
import type { FunctionalTopology, Json } from '../../../../models/topology.js';
import { buildForward } from '../../../../src/model/index.js';
import { kerasModel, normaliseTopology, parseJson } from '../../../../src/weights/keras/topology/index.js';
import { functional2, functional3, input3, layer2, layer3, tensor3 } from '../models.js';

const normalised = (value: unknown) => normaliseTopology('m.keras', value) as FunctionalTopology;
/** `name: class, inputs`, one line a layer. */
const lines = ({ config }: FunctionalTopology) =>
  config.layers.map(
    ({ name, class_name, inbound_nodes = [] }) =>
      `${name}: ${class_name} ${inbound_nodes.map((node) => node.map(([from, call]) => `${from}:${call}`).join(' ')).join(' | ')}`,
  );
const sequential3 = (name: string, layers: Json[]) => ({
  module: 'keras',
  class_name: 'Sequential',
  config: { name, layers, build_input_shape: [null, 4, 4, 3] },
});

describe('the JSON of Keras 3', () => {
  test('becomes that of Keras 2', () => {
    const initializer = {
      module: 'keras.initializers',
      class_name: 'Zeros',
      config: {},
      registered_name: null,
    };
    const activation = {
      module: 'builtins',
      class_name: 'function',
      config: 'silu',
      registered_name: 'function',
    };
    const size = { class_name: '__tuple__', items: [3, 3] };
    const settings = { filters: 2, kernel_size: size, bias_initializer: initializer, activation };
    const model = functional3(
      'm',
      [input3('image'), layer3('Conv2D', 'conv', [tensor3('image')], settings)],
      'image',
      'conv',
    );
    expect(normalised(model)).toEqual({
      class_name: 'Functional',
      config: {
        name: 'm',
        layers: [
          {
            class_name: 'InputLayer',
            name: 'image',
            config: { name: 'image', trainable: true, dtype: 'float32', batch_input_shape: [null, 4, 4, 3] },
            inbound_nodes: [],
          },
          {
            class_name: 'Conv2D',
            name: 'conv',
            config: {
              name: 'conv',
              trainable: true,
              dtype: 'float32',
              filters: 2,
              kernel_size: [3, 3],
              bias_initializer: { class_name: 'Zeros', config: {} },
              activation: 'silu',
            },
            inbound_nodes: [[['image', 0, 0, {}]]],
          },
        ],
        input_layers: [['image', 0, 0]],
        output_layers: [['conv', 0, 0]],
      },
    });
  });

  test('mixed precision is float32, as the weights are', () => {
    const policy = (class_name: string) => ({
      module: 'keras',
      class_name,
      config: { name: 'mixed_float16' },
    });
    for (const name of ['DTypePolicy', 'Policy']) {
      const relu = layer3('ReLU', 'relu', [tensor3('x')], { dtype: policy(name) });
      const { layers } = normalised(functional3('m', [input3('x'), relu], 'x', 'relu')).config;
      expect(layers[1]?.config.dtype).toBe('float32');
    }
  });

  test('merging layers take lists; operations of two tensors become layers', () => {
    const model = functional3(
      'm',
      [
        input3('x'),
        layer3('ReLU', 'a', [tensor3('x')]),
        layer3('Add', 'sum', [[tensor3('x'), tensor3('a')]]),
        layer3('Multiply', 'product', [tensor3('sum'), tensor3('a')]),
      ],
      'x',
      'product',
    );
    expect(lines(normalised(model))).toEqual([
      'x: InputLayer ',
      'a: ReLU x:0',
      'sum: Add x:0 a:0',
      'product: Multiply sum:0 a:0',
    ]);
  });

  test('numbers that JSON does not have', () => {
    expect(parseJson('x', '{"a": NaN, "b": [-Infinity, 1]}')).toEqual({ a: null, b: [null, 1] });
    expect(() => parseJson('x.h5', '{"a": ')).toThrow(/JSON that describes a model in x.h5/);
  });
});

describe('arithmetic with numbers becomes a Rescaling', () => {
  const scaled = (value: unknown) =>
    normalised(value)
      .config.layers.filter(({ class_name }) => class_name === 'Rescaling')
      .map(({ name, config: { scale, offset } }) => [name, scale, offset]);

  test('operations of Keras 3', () => {
    const model = functional3(
      'm',
      [
        input3('x'),
        layer3('TrueDivide', 'divide', [tensor3('x'), 127.5]),
        layer3('Subtract', 'subtract', [tensor3('divide'), 1]),
        layer3('Add', 'add', [tensor3('subtract'), 3]),
        layer3('Multiply', 'multiply', [0.5, tensor3('add')]),
        layer3('Subtract', 'negate', [2, tensor3('multiply')]),
      ],
      'x',
      'negate',
    );
    expect(scaled(model)).toEqual([
      ['divide', 1 / 127.5, 0],
      ['subtract', 1, -1],
      ['add', 1, 3],
      ['multiply', 0.5, 0],
      ['negate', -1, 2],
    ]);
  });

  test('operations of TensorFlow in Keras 2, whose nodes lack a list around them', () => {
    const op = (name: string, called: string, node: Json) => ({
      class_name: 'TFOpLambda',
      name,
      config: { name, function: called },
      inbound_nodes: [node],
    });
    const model = functional2(
      'm',
      [
        layer2('InputLayer', 'x', [], { batch_input_shape: [null, 4, 4, 3] }),
        op('tf.math.truediv', 'math.truediv', ['x', 0, 0, { y: 127.5, name: null }]),
        op('tf.math.subtract', 'math.subtract', ['tf.math.truediv', 0, 0, { y: 1, name: null }]),
        op('minus', 'math.subtract', [
          '_CONSTANT_VALUE',
          -1,
          2,
          { y: ['tf.math.subtract', 0, 0], name: null },
        ]),
        op('sum', '__operators__.add', ['minus', 0, 0, { y: ['x', 0, 0], name: null }]),
      ],
      'x',
      'sum',
    );
    expect(scaled(model)).toEqual([
      ['tf.math.truediv', 1 / 127.5, 0],
      ['tf.math.subtract', 1, -1],
      ['minus', -1, 2],
    ]);
    expect(lines(normalised(model)).at(-1)).toBe('sum: Add minus:0 x:0');
  });

  test('what is none stays, and is named where it is used', () => {
    const model = functional3(
      'm',
      [input3('x'), layer3('TrueDivide', 'inverse', [1, tensor3('x')])],
      'x',
      'inverse',
    );
    expect(() => buildForward(normalised(model), { training: false })).toThrow(/'inverse' is a TrueDivide/);
  });
});

describe('nested models', () => {
  const base = functional3(
    'base',
    [
      input3('inner'),
      layer3('Conv2D', 'conv', [tensor3('inner')], { filters: 2 }),
      layer3('ReLU', 'relu', [tensor3('conv')]),
    ],
    'inner',
    'relu',
  );
  const called = (model: { config: { name: string } }, name: string, ...sources: [string, number][]) => ({
    ...model,
    name,
    inbound_nodes: sources.map(([from, call]) => ({
      args: [tensor3(from, call)],
      kwargs: { training: false },
    })),
  });

  test('are put into the model that holds them, augmentation is dropped', () => {
    const augmentation = sequential3('augment', [
      input3('i'),
      layer3('RandomFlip', 'flip', []),
      layer3('RandomRotation', 'rotate', []),
    ]);
    const model = functional3(
      'm',
      [
        input3('image'),
        called(augmentation, 'augment', ['image', 0]),
        called(base, 'base', ['augment', 0]),
        layer3('GlobalAveragePooling2D', 'pool', [tensor3('base', 1)]),
        layer3('Dense', 'head', [tensor3('pool')], { units: 3 }),
      ],
      'image',
      'head',
    );
    expect(lines(normalised(model))).toEqual([
      'image: InputLayer ',
      'conv: Conv2D image:0',
      'relu: ReLU conv:0',
      'pool: GlobalAveragePooling2D relu:0',
      'head: Dense pool:0',
    ]);
  });

  test('two with layers of the same name: the names of their models come before them', () => {
    const model = functional3(
      'm',
      [
        input3('image'),
        called(base, 'left', ['image', 0]),
        called(base, 'right', ['image', 0]),
        layer3('Add', 'relu', [[tensor3('left', 1), tensor3('right', 1)]]),
      ],
      'image',
      'relu',
    );
    expect(lines(normalised(model))).toEqual([
      'image: InputLayer ',
      'left_conv: Conv2D image:0',
      'left_relu: ReLU left_conv:0',
      'right_conv: Conv2D image:0',
      'right_relu: ReLU right_conv:0',
      'relu: Add left_relu:0 right_relu:0',
    ]);
  });

  test('one that is called twice has its layers once, with two nodes', () => {
    const model = functional3(
      'm',
      [
        input3('image'),
        called(base, 'base', ['image', 0], ['image', 0]),
        layer3('Add', 'sum', [[tensor3('base', 1), tensor3('base', 2)]]),
      ],
      'image',
      'sum',
    );
    expect(lines(normalised(model))).toEqual([
      'image: InputLayer ',
      'conv: Conv2D image:0 | image:0',
      'relu: ReLU conv:0 | conv:1',
      'sum: Add relu:0 relu:1',
    ]);
  });

  test('chains in chains, built without an input layer', () => {
    const dense = (name: string) => layer3('Dense', name, [], { units: 2 });
    const chain = sequential3('outer', [sequential3('inner', [dense('a')]), dense('b')]);
    expect(lines(normalised(chain))).toEqual([
      'inner_input: InputLayer ',
      'a: Dense inner_input:0',
      'b: Dense a:0',
    ]);
  });
});

describe('activations of Keras 3 that Keras 2 has not', () => {
  const model = (version: 2 | 3, activation: string) => {
    const make =
      version === 3
        ? layer3('Activation', 'act', [tensor3('x')], { activation })
        : layer2('Activation', 'act', ['x'], { activation });
    const input =
      version === 3 ? input3('x') : layer2('InputLayer', 'x', [], { batch_input_shape: [null, 4, 4, 3] });
    return (version === 3 ? functional3 : functional2)('m', [input, make] as Json[], 'x', 'act');
  };

  test('hard silu is made of layers; the output is the last of them', () => {
    const { config, ...rest } = normalised(model(3, 'hard_silu'));
    expect(lines({ config, ...rest })).toEqual([
      'x: InputLayer ',
      'act_scaled: Rescaling x:0',
      'act_gate: ReLU act_scaled:0',
      'act_gated: Multiply x:0 act_gate:0',
    ]);
    expect(config.output_layers).toEqual([['act_gated', 0, 0]]);
  });

  test('hard sigmoid is another function in Keras 2, and stays there', () => {
    expect(lines(normalised(model(3, 'hard_sigmoid')))).toHaveLength(3);
    expect(lines(normalised(model(2, 'hard_sigmoid')))).toEqual(['x: InputLayer ', 'act: Activation x:0']);
  });

  test('inside another layer: the layer stays, without its activation', () => {
    const conv = layer3('Conv2D', 'conv', [tensor3('x')], { filters: 2, activation: 'hard_silu' });
    const found = normalised(functional3('m', [input3('x'), conv], 'x', 'conv'));
    expect(lines(found)[1]).toBe('conv: Conv2D x:0');
    expect(found.config.layers[1]?.config.activation).toBe('linear');
    expect(found.config.output_layers).toEqual([['conv_gated', 0, 0]]);
  });
});

describe('descriptions that are not whole', () => {
  const bad = (value: unknown) => () => kerasModel('bad.keras', value);
  const relu = (from: string) => layer3('ReLU', 'relu', [tensor3(from)]);

  test.each<[string, unknown, RegExp]>([
    ['null', null, /a model of class Functional, Model, Sequential in bad.keras/],
    ['another class', { class_name: 'MyModel', config: {} }, /one of class 'MyModel'/],
    ['no layers', functional3('m', [], 'x', 'x'), /the layers of the Functional model/],
    ['layers that are none', functional3('m', [1, 'x'], 'x', 'x'), /layers that have a class and a config/],
    [
      'no outputs',
      { class_name: 'Functional', config: { name: 'm', layers: [input3('x')] } },
      /input and output layers/,
    ],
    [
      'a missing input',
      functional3('m', [input3('x'), relu('y')], 'x', 'relu'),
      /the inputs of layer 'relu'/,
    ],
    [
      'a layer that takes itself',
      functional3('m', [input3('x'), relu('relu')], 'x', 'relu'),
      /the inputs of layer 'relu'/,
    ],
    ['a missing output', functional3('m', [input3('x'), relu('x')], 'x', 'none'), /the output 'none' of 'm'/],
    [
      'two layers of one name',
      functional3('m', [input3('x'), relu('x'), relu('x')], 'x', 'relu'),
      /one layer 'relu'/,
    ],
    [
      'a chain without a shape',
      { class_name: 'Sequential', config: [layer2('Dense', 'd', [])] },
      /the shape of the input/,
    ],
  ])('%s', (_, value, message) => {
    expect(bad(value)).toThrow(message);
  });

  test('models that are nested without end, in depth or in calls', () => {
    let model: Json = functional3('m', [input3('x'), relu('x')], 'x', 'relu') as Json;
    const wrap = (calls: number) => (inner: Json) =>
      functional3(
        'm',
        [
          input3('x'),
          {
            ...(inner as object),
            name: 'm',
            inbound_nodes: Array.from({ length: calls }, () => ({ args: [tensor3('x')] })),
          },
          layer3('ReLU', 'relu', [tensor3('m', calls)]),
        ],
        'x',
        'relu',
      ) as Json;
    const twice = Array.from({ length: 20 }).reduce<Json>((inner) => wrap(2)(inner), model);
    expect(bad(twice)).toThrow(/at most 100000 calls of layers/);
    for (let i = 0; i < 40; i += 1) model = wrap(1)(model);
    expect(bad(model)).toThrow(/models nested at most 32 deep/);
  });
});
