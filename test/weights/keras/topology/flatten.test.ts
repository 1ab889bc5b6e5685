import { describe, expect, test } from 'vitest';
import type { FunctionalTopology, Json } from '../../../../models/topology.js';
import { kerasModel, normaliseTopology } from '../../../../src/weights/keras/topology/index.js';
import { functional3, input3, layer2, layer3, tensor3 } from '../models.js';

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
