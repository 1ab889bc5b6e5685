import { describe, expect, test } from 'vitest';
import { type WideResNetName, wideResnet } from '../../../models/wide-resnet.js';
import { buildForward, type WeightMap } from '../../../src/model/index.js';
import { convertWeights } from '../../../src/weights/convert.js';
import { guessNameMaps, nameMap } from '../../../src/weights/names/index.js';

const map = nameMap('wide-resnet-pytorch');
const targetsOf = (name: WideResNetName) =>
  buildForward(wideResnet(name, { shortcut: 'convolution' }), { training: false }).weights;

/** Shapes by key, as the modules of wideresnet.py give them for a depth and a width. */
function keysOf(depth: number, width: number, classes = 10): Map<string, number[]> {
  const keys = new Map<string, number[]>();
  const norm = (name: string, channels: number) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      keys.set(`${name}.${part}`, [channels]);
    keys.set(`${name}.num_batches_tracked`, []);
  };
  keys.set('conv1.weight', [16, 3, 3, 3]);
  let input = 16;
  [16 * width, 32 * width, 64 * width].forEach((output, group) => {
    for (let layer = 0; layer < (depth - 4) / 6; layer += 1) {
      const name = `block${group + 1}.layer.${layer}`;
      norm(`${name}.bn1`, input);
      keys.set(`${name}.conv1.weight`, [output, input, 3, 3]);
      norm(`${name}.bn2`, output);
      keys.set(`${name}.conv2.weight`, [output, output, 3, 3]);
      if (input !== output) keys.set(`${name}.convShortcut.weight`, [output, input, 1, 1]);
      input = output;
    }
  });
  norm('bn1', input);
  keys.set('fc.weight', [classes, input]);
  keys.set('fc.bias', [classes]);
  return keys;
}

function zeros(keys: ReadonlyMap<string, number[]>): WeightMap {
  return new Map(
    [...keys].map(([key, shape]) => {
      const data = new Float32Array(shape.reduce((count, size) => count * size, 1));
      return [key, { dtype: 'float32', shape, data }];
    }),
  );
}

describe.each([
  ['wide-resnet-16-8', 16, 8],
  ['wide-resnet-40-2', 40, 2],
] as const)('%s', (name, depth, width) => {
  test('every target has one key, of its shape; every key one target', () => {
    const targets = targetsOf(name);
    expect(convertWeights(zeros(keysOf(depth, width)), targets, map, { file: 'f' }).size).toBe(
      targets.length,
    );
  });

  test('the keys alone tell the source', () => {
    const names = targetsOf(name).map((target) => target.name);
    expect(guessNameMaps(keysOf(depth, width).keys(), names)[0]).toMatchObject({ map, missing: 0, extra: 0 });
  });
});

test('another depth does not fit', () => {
  const convert = () =>
    convertWeights(zeros(keysOf(22, 2)), targetsOf('wide-resnet-40-2'), map, { file: 'f' });
  expect(convert).toThrow(/missing: block1\.layer\.3\.bn1\.weight/);
});
