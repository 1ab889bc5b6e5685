import { describe, expect, test } from 'vitest';
import { findBase } from '../../../models/catalogue/index.js';
import { FunctionalBuilder, type LayerOutput } from '../../../models/functional-builder.js';
import type { FunctionalTopology, LayersTopology, SequentialTopology } from '../../../models/topology.js';
import { blocksOf } from '../../../src/model/blocks/index.js';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { cutAt, Model, NO_PREPROCESSING, swapHead } from '../../../src/model/index.js';
import { traceLayers } from '../../../src/model/trace.js';
import { smallTopology } from '../../train/small-network.js';
import { givenModel } from '../given-model.js';
import { foldedGraph, frozenGraph } from '../graph/folded-graph.js';
import { mobileGraph } from '../graph/graph-builder.js';

const ZEROS = { class_name: 'Zeros', config: {} } as const;

const EACH_FAMILY = [
  ...[
    'efficientnet-b0',
    'efficientnet-lite0',
    'efficientnet-v2-b0',
    'mobilenet-v2',
    'mobilenet-v3-large',
    'resnet-50',
  ],
  ...['cifar-resnet-20', 'wide-resnet-16-8', 'pyramidnet-272-alpha200', 'shake-shake-26-2x96d'],
];

const namesOf = (topology: Model['topology'], imageSize?: number) =>
  blocksOf({ topology, ...(imageSize && { imageSize }) }).map(({ name }) => name);

const modelOf = (topology: LayersTopology, imageSize: number) =>
  new Model({ topology, weights: new Map(), labels: [], preprocessing: NO_PREPROCESSING, imageSize });

describe('the blocks of a family', () => {
  test.each(EACH_FAMILY)('%s: each layer is in one of them, in the order of the network', (name) => {
    const topology = findBase(name)!.build({}) as FunctionalTopology;
    const blocks = blocksOf({ topology });
    const layers = blocks.flatMap((block) => block.layers);
    expect(layers.toSorted()).toEqual(topology.config.layers.map((layer) => layer.name).toSorted());
    expect(blocks.map(({ head }) => head)).toEqual(blocks.map((_, i) => i === blocks.length - 1));
    const held = new Set(
      traceLayers(topology).flatMap(({ weights, name: layer }) => (weights.length > 0 ? [layer] : [])),
    );
    for (const block of blocks) expect(block.layers.some((layer) => held.has(layer))).toBe(true);
    const place = new Map(topology.config.layers.map((layer, i) => [layer.name, i]));
    const starts = blocks.map((block) => Math.min(...block.layers.map((layer) => place.get(layer)!)));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  const numbered = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

  test.each([
    [
      'efficientnet-b0',
      'block1a block2a block2b block3a block3b block4a block4b block4c block5a block5b block5c block6a block6b block6c block6d block7a'.split(
        ' ',
      ),
    ],
    ['resnet-50', [3, 4, 6, 3].flatMap((count, stage) => numbered(`conv${stage + 2}_block`, count))],
    ['mobilenet-v2', ['expanded_conv', ...numbered('block_', 16)]],
    ['mobilenet-v3-small', ['expanded_conv', ...numbered('expanded_conv_', 10)]],
    ['wide-resnet-16-8', [1, 2, 3].flatMap((group) => numbered(`group${group}_block`, 2))],
    ['pyramidnet-110-alpha48', [1, 2, 3].flatMap((group) => numbered(`group${group}_block`, 18))],
  ])('%s', (name, expected) => {
    expect(namesOf(findBase(name)!.build({}))).toEqual(['stem', ...expected, 'head']);
  });

  test('the stem is the first, and what follows the last block belongs to it', () => {
    const blocks = blocksOf({ topology: findBase('efficientnet-b0')!.build({ imageSize: 64 }) });
    expect(blocks[0]!.layers.slice(-3)).toEqual(['stem_conv', 'stem_bn', 'stem_activation']);
    expect(blocks.at(-2)!.layers.slice(-4)).toEqual(['top_conv', 'top_bn', 'top_activation', 'avg_pool']);
    expect(blocks.at(-1)).toEqual({ name: 'head', layers: ['top_dropout', 'predictions'], head: true });
    const [, first] = blocksOf({ topology: findBase('resnet-50')!.build({}) });
    expect(first!.layers).toContain('conv2_block1_0_conv');
    expect(first!.layers).not.toContain('pool1_pool');
  });
});

describe('the head', () => {
  const headOf = (model: Pick<Model, 'topology' | 'imageSize'>) =>
    blocksOf(model).find(({ head }) => head)?.layers;

  test('takes hidden layers that were added, and not what the base had behind its pooling', () => {
    const base = modelOf(smallTopology({ dropout: 0.1 }), 8);
    const hidden = swapHead(base, { classes: 2, hidden: { units: 5, dropout: 0.2 } });
    expect(headOf(hidden)).toEqual(['hidden_dropout', 'hidden', 'top_dropout', 'predictions']);
    const v3 = modelOf(findBase('mobilenet-v3-small')!.build({ imageSize: 32 }), 32);
    expect(headOf(v3)).toEqual(['dropout', 'logits', 'flatten', 'predictions']);
    expect(headOf(swapHead(v3, { classes: 2, hidden: 5 }))).toEqual([
      ...['hidden', 'dropout', 'logits', 'flatten', 'predictions'],
    ]);
  });

  test('is none where a network ends in features', () => {
    const blocks = blocksOf(cutAt(modelOf(smallTopology(), 8), 'stem_activation'));
    expect(blocks.map(({ name, head }) => [name, head])).toEqual([['stem_conv', false]]);
  });
});

describe('networks that nobody knows', () => {
  const chain = (...layers: [string, Record<string, never> | object][]): SequentialTopology => ({
    class_name: 'Sequential',
    config: {
      name: 'chain',
      layers: layers.map(([class_name, config], i) => ({
        class_name,
        config: { name: `${class_name.toLowerCase()}_${i}`, ...config },
      })),
    },
  });
  const conv = { filters: 4, kernel_size: 3, padding: 'same' };

  test('a chain has a block for each kernel, with what follows it', () => {
    const topology = chain(
      ['Conv2D', { ...conv, batch_input_shape: [null, 8, 8, 3] }],
      ['BatchNormalization', {}],
      ['MaxPooling2D', { pool_size: 2 }],
      ['Conv2D', conv],
      ['Flatten', {}],
      ['Dense', { units: 6, activation: 'relu' }],
      ['Dropout', { rate: 0.5 }],
      ['Dense', { units: 3 }],
    );
    expect(blocksOf({ topology })).toEqual([
      {
        name: 'conv2d_0',
        layers: ['conv2d_0_input', 'conv2d_0', 'batchnormalization_1', 'maxpooling2d_2'],
        head: false,
      },
      { name: 'conv2d_3', layers: ['conv2d_3', 'flatten_4'], head: false },
      { name: 'dense_5', layers: ['dense_5'], head: false },
      { name: 'head', layers: ['dropout_6', 'dense_7'], head: true },
    ]);
  });

  test('sums end blocks: a stem, blocks with and without a convolution in the shortcut', () => {
    const b = new FunctionalBuilder('foreign');
    const c = (name: string, x: LayerOutput, strides: 1 | 2 = 1) =>
      b.conv2d(name, x, { filters: 4, kernelSize: 3, strides, initializer: ZEROS });
    const input = b.input('image', [8, 8, 3]);
    let x = b.activation('relu', b.batchNormalization('norm', c('first', input)), 'relu');
    x = b.activation('relu_1', b.add('sum', [x, c('second', c('third', x))]), 'relu');
    x = b.add('sum_1', [c('around', x, 2), c('fifth', c('fourth', x, 2))]);
    x = b.batchNormalization('norm_1', c('last', x));
    const topology = b.topology(
      input,
      b.dense('scores', b.globalAveragePooling2d('mean', x), { units: 3, initializer: ZEROS }),
    );
    expect(blocksOf({ topology }).map(({ name, layers }) => [name, layers])).toEqual([
      ['stem', ['image', 'first', 'norm', 'relu']],
      ['sum', ['third', 'second', 'sum', 'relu_1']],
      ['sum_1', ['around', 'fourth', 'fifth', 'sum_1', 'last', 'norm_1', 'mean']],
      ['head', ['scores']],
    ]);
  });

  test('a network that a family names otherwise is divided by its sums alike', () => {
    const topology = findBase('resnet-50')!.build({ imageSize: 32 }) as FunctionalTopology;
    const numbers = new Map(topology.config.layers.map(({ name }, i) => [name, `layer_${i}`]));
    const text = JSON.stringify(topology).replace(/"([\w]+)"/g, (all, name) =>
      numbers.has(name) ? `"${numbers.get(name)}"` : all,
    );
    const renamed = JSON.parse(text) as FunctionalTopology;
    const sizes = (t: FunctionalTopology) => blocksOf({ topology: t }).map(({ layers }) => layers.length);
    expect(sizes(renamed)).toEqual(sizes(topology));
  });
});

describe('graphs', () => {
  test('of a known family are divided by the names of their weights', () => {
    const topology = findBase('efficientnet-b0')!.build({ imageSize: 32 }) as FunctionalTopology;
    const model = givenModel(topology, ['a', 'b'], 32);
    const graph = foldedGraph(model);
    const named = namesOf(topology);
    const blocks = blocksOf(graph);
    expect(blocks.map(({ name }) => name)).toEqual(named);
    expect(blocks.at(-1)).toEqual({ name: 'head', layers: ['predictions'], head: true });
    const weights = new Set([...graph.weights.keys()].map((name) => name.slice(0, name.lastIndexOf('/'))));
    expect(new Set(blocks.flatMap(({ layers }) => layers))).toEqual(weights);
  });

  test('of others by their sums, batch normalization included', () => {
    const model = givenModel(smallTopology(), ['a', 'b', 'c']);
    const graph = model.with(trainableGraph({ name: 'small', outputs: [], ...frozenGraph(model) }));
    expect(blocksOf(graph).map(({ layers }) => layers)).toEqual([
      ['stem_conv', 'stem_bn'],
      ['dwconv', 'dw_bn'],
      ['predictions'],
    ]);
  });

  test('without weights of their own in places: scales, slopes and offsets stay with what they belong to', () => {
    const graph = new Model({
      ...trainableGraph(mobileGraph().frozen),
      labels: ['a', 'b', 'c', 'd', 'e'],
      preprocessing: NO_PREPROCESSING,
      imageSize: 8,
    });
    const weights = new Set([...graph.weights.keys()].map((name) => name.slice(0, name.lastIndexOf('/'))));
    const blocks = blocksOf(graph);
    expect(new Set(blocks.flatMap(({ layers }) => layers))).toEqual(weights);
    expect(blocks.at(-1)).toEqual({ name: 'head', layers: ['predictions'], head: true });
    const hidden = swapHead(graph, { classes: 2, hidden: { units: 4, dropout: 0.1 }, dropout: 0.2 });
    expect(blocksOf(hidden).at(-1)!.layers).toEqual(['hidden_1', 'predictions']);
  });
});
