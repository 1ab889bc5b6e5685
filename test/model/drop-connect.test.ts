import { describe, expect, test } from 'vitest';
import { findBase } from '../../models/catalogue/index.js';
import { FunctionalBuilder, type LayerOutput } from '../../models/functional-builder.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { InputError } from '../../src/errors.js';
import { exportModel } from '../../src/export/index.js';
import { buildForward, Model, NO_PREPROCESSING, withDropout } from '../../src/model/index.js';
import { importBase } from '../../src/weights/import-base.js';
import { smallTopology } from '../train/small-network.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { givenModel, logitsOf } from './given-model.js';
import { layerModel } from './layer-model.js';
import { runFragment } from './run-fragment.js';

const ZEROS = { class_name: 'Zeros', config: {} } as const;
const folder = temporaryFolder();

const bare = (topology: FunctionalTopology, imageSize = 32) =>
  new Model({ topology, weights: new Map(), labels: [], preprocessing: NO_PREPROCESSING, imageSize });
const baseOf = (name: string, imageSize = 32) =>
  bare(findBase(name)!.build({ imageSize }) as FunctionalTopology, imageSize);
const layersOf = ({ topology }: Model) => (topology as FunctionalTopology).config.layers;
const dropsOf = (model: Model) =>
  layersOf(model).filter(({ class_name, config }) => class_name === 'Dropout' && config.noise_shape != null);
const sourcesOf = (model: Model, name: string) =>
  layersOf(model)
    .find((layer) => layer.name === name)!
    .inbound_nodes!.flat()
    .map(([source]) => source);

const numbered = (count: number, rate: number) =>
  Array.from({ length: count }, (_, i) => rate * ((i + 1) / count));

describe('drop-connect of a network that has none', () => {
  test.each([
    ['resnet-50', 32, 16],
    ['mobilenet-v2', 32, 10],
    ['mobilenet-v3-large', 32, 10],
    ['cifar-resnet-20', 32, 9],
    ['wide-resnet-16-8', 32, 6],
    ['pyramidnet-110-alpha48', 32, 54],
    ['shake-shake-26-2x96d', 32, 12],
  ])('%s: every sum of a branch and a shortcut, with rates that grow linearly', (name, imageSize, sums) => {
    const base = baseOf(name, imageSize);
    const dropped = withDropout(base, { dropConnect: 0.4 });
    const drops = dropsOf(dropped);
    expect(layersOf(base).filter(({ class_name }) => class_name === 'Add')).toHaveLength(sums);
    expect(drops.map(({ config }) => config.rate)).toEqual(numbered(sums, 0.4));
    expect(new Set(drops.map(({ config }) => JSON.stringify(config.noise_shape)))).toEqual(
      new Set(['[null,1,1,1]']),
    );
    const weightsOf = ({ topology }: Model) =>
      buildForward(topology, { training: true }).weights.map((weight) => weight.name);
    expect(weightsOf(dropped)).toEqual(weightsOf(base));
  });

  test('it drops the branch, not the shortcut, also where a convolution is in the shortcut', () => {
    const resnet = withDropout(baseOf('resnet-50'), { dropConnect: 0.1 });
    expect(sourcesOf(resnet, 'conv3_block1_add')).toEqual(['conv3_block1_0_bn', 'conv3_block1_add_drop']);
    expect(sourcesOf(resnet, 'conv3_block1_add_drop')).toEqual(['conv3_block1_3_bn']);
    expect(sourcesOf(resnet, 'conv3_block2_add')).toEqual(['conv3_block1_out', 'conv3_block2_add_drop']);
    const wide = withDropout(baseOf('wide-resnet-16-8'), { dropConnect: 0.1 });
    expect(sourcesOf(wide, 'group2_block1_add_drop')).toEqual(['group2_block1_conv2']);
    const shaken = withDropout(baseOf('shake-shake-26-2x96d'), { dropConnect: 0.1 });
    expect(sourcesOf(shaken, 'group2_block1_add_drop')).toEqual(['group2_block1_shake']);
  });

  test('sums that are no shortcut stay: two branches alike, and of three', () => {
    const topology = layerModel([8, 8, 4], (b, x) => {
      const conv = (name: string, y: LayerOutput) =>
        b.conv2d(name, y, { filters: 4, kernelSize: 3, initializer: ZEROS });
      x = b.add('alike', [conv('a', x), conv('b', x)]);
      x = b.add('long', [conv('d', conv('c', x)), conv('g', conv('f', conv('e', x)))]);
      x = b.add('three', [x, conv('h', x), conv('i', x)]);
      return b.dense('predictions', b.globalAveragePooling2d('pool', x), { units: 2, initializer: ZEROS });
    });
    expect(() => withDropout(bare(topology, 8), { dropConnect: 0.1 })).toThrow(InputError);
    expect(() => withDropout(bare(topology, 8), { dropConnect: 0.1 })).toThrow(
      /'layers' has no residual branches.*Leave drop-connect out/,
    );
  });

  test('a residual branch of vectors is dropped as a whole as well', async () => {
    const b = new FunctionalBuilder('vectors');
    const input = b.input('input', [1, 1, 4]);
    const flat = b.flatten('flat', input);
    const topology = b.topology(
      input,
      b.add('sum', [flat, b.dense('branch', flat, { units: 4, initializer: ZEROS })]),
    );
    const dropped = withDropout(bare(topology, 1), { dropConnect: 0.5 });
    expect(dropsOf(dropped).map(({ config }) => config.noise_shape)).toEqual([[null, 1]]);
    const { fragment, logits } = buildForward(dropped.topology, { training: true });
    const batch = 32;
    const [found] = await runFragment(
      fragment,
      {
        images: { values: new Float32Array(batch * 4), shape: [batch, 1, 1, 4] },
        'branch/kernel': { values: new Float32Array(16), shape: [4, 4] },
        'branch/bias': { values: [1, 1, 1, 1] },
        seed: { dtype: 'int64', values: [1n, 0n] },
      },
      [logits],
    );
    const rows = Array.from({ length: batch }, (_, i) => found!.values.slice(4 * i, 4 * i + 4).join());
    expect(new Set(rows)).toEqual(new Set(['0,0,0,0', '2,2,2,2']));
  });
});

describe('drop-connect of a network that has it', () => {
  test('ShakeDrop keeps with 1 - rate, linearly by depth as published', () => {
    const rates = (model: Model) =>
      layersOf(model)
        .filter(({ class_name }) => class_name === 'ShakeDrop')
        .map(({ config }) => 1 - Number(config.keep_probability));
    const base = baseOf('pyramidnet-272-alpha200');
    const changed = withDropout(base, { dropConnect: 0.3 });
    expect(dropsOf(changed)).toEqual([]);
    const close = (found: readonly number[], rate: number) => {
      for (const [i, expected] of numbered(90, rate).entries()) expect(found[i]).toBeCloseTo(expected, 10);
    };
    close(rates(base), 0.5);
    close(rates(changed), 0.3);
    const off = withDropout(base, { dropConnect: 0 });
    expect(new Set(rates(off))).toEqual(new Set([0]));
    close(rates(withDropout(off, { dropConnect: 0.2 })), 0.2);
  });

  test('a dropout that drops channels of all images is none of it', () => {
    const topology = layerModel([8, 8, 4], (b, x) => {
      const dropped = b.dropout('channels', x, { rate: 0.5, noiseShape: [null, 1, 1, null] });
      const branch = b.conv2d('conv', dropped, { filters: 4, kernelSize: 3, initializer: ZEROS });
      return b.add('sum', [x, branch]);
    });
    const changed = withDropout(bare(topology, 8), { dropConnect: 0.2 });
    expect(dropsOf(changed).map(({ name, config }) => [name, config.rate])).toEqual([
      ['channels', 0.5],
      ['sum_drop', 0.2],
    ]);
  });
});

test('what was added survives an export, and changes nothing at inference', async () => {
  const base = givenModel(smallTopology(), ['a', 'b', 'c']);
  const dropped = withDropout(base, { dropConnect: 0.25 });
  expect(await logitsOf(dropped)).toEqual(await logitsOf(base));
  const out = `${folder.path}/exported`;
  await exportModel(dropped, { format: 'tfjs-layers', out });
  const back = await importBase(out);
  expect(dropsOf(back).map(({ name, config }) => [name, config.rate, config.noise_shape])).toEqual([
    ['add_drop', 0.25, [null, 1, 1, 1]],
  ]);
  const [expected, found] = [await logitsOf(base), await logitsOf(back)];
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
});
