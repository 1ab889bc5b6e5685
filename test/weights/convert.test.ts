import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { WeightMap, WeightSpec } from '../../src/model/weights.js';
import { convertWeights } from '../../src/weights/convert.js';
import { nameMap } from '../../src/weights/names/index.js';
import { liteSource, liteTargets } from './lite-targets.js';

const map = nameMap('efficientnet-lite');
const counting = (length: number) => Float32Array.from({ length }, (_, i) => i);
const spec = (name: string, shape: number[]): WeightSpec => ({ name, shape, trainable: true });

describe('values', () => {
  test('a convolution goes from [out, in, height, width] to [height, width, in, out]', () => {
    const source: WeightMap = new Map([
      ['_conv_stem.weight', { dtype: 'float32', shape: [2, 3, 1, 2], data: counting(12) }],
    ]);
    const converted = convertWeights(source, [spec('stem_conv/kernel', [1, 2, 3, 2])], map, { file: 'f' });
    // source[o][i][0][x] is 6 o + 2 i + x
    expect([...(converted.get('stem_conv/kernel')?.data ?? [])]).toEqual([
      0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11,
    ]);
  });

  test('a depthwise one from [channels, 1, height, width] to [height, width, channels, 1]', () => {
    const shape = [2, 1, 1, 3];
    const source: WeightMap = new Map([
      ['_blocks.0._depthwise_conv.weight', { dtype: 'float32', shape, data: counting(6) }],
    ]);
    const target = 'block1a_dwconv/depthwise_kernel';
    const converted = convertWeights(source, [spec(target, [1, 3, 2, 1])], map, { file: 'f' });
    expect([...(converted.get(target)?.data ?? [])]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('a dense one from [out, in] to [in, out], out of float16', () => {
    const data = Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600);
    const source: WeightMap = new Map([['_fc.weight', { dtype: 'float16', shape: [2, 3], data }]]);
    const converted = convertWeights(source, [spec('predictions/kernel', [3, 2])], map, { file: 'f' });
    expect(converted.get('predictions/kernel')).toMatchObject({ dtype: 'float32', shape: [3, 2] });
    expect([...(converted.get('predictions/kernel')?.data ?? [])]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test('vectors stay in the memory that they were read into', () => {
    const data = counting(4);
    const source: WeightMap = new Map([['_bn1.running_var', { dtype: 'float32', shape: [4], data }]]);
    const converted = convertWeights(source, [spec('top_bn/moving_variance', [4])], map, { file: 'f' });
    expect(converted.get('top_bn/moving_variance')?.data).toBe(data);
  });
});

describe('names', () => {
  test.each([
    ['stem_bn/gamma', '_bn0.weight'],
    ['block1a_bn/beta', '_blocks.0._bn1.bias'],
    ['block1a_project_bn/moving_mean', '_blocks.0._bn2.running_mean'],
    ['block2a_expand_conv/kernel', '_blocks.1._expand_conv.weight'],
    ['block2b_expand_bn/moving_variance', '_blocks.2._bn0.running_var'],
    ['block7a_project_conv/kernel', '_blocks.15._project_conv.weight'],
    ['top_conv/kernel', '_conv_head.weight'],
    ['predictions/bias', '_fc.bias'],
  ])('%s is %s', (target, source) => {
    expect(map.bind(liteTargets().map(({ name }) => name))(target)?.source).toBe(source);
  });

  test('blocks count on through deeper stages', () => {
    const resolve = map.bind(liteTargets(1.2).map(({ name }) => name));
    expect(resolve('block7a_dwconv/depthwise_kernel')?.source).toBe('_blocks.20._depthwise_conv.weight');
  });

  test('what the source cannot have has no name there', () => {
    const resolve = map.bind(['block1a_se_reduce/kernel', 'toString/kernel']);
    for (const name of ['block1a_se_reduce/kernel', 'toString/kernel', 'stem_conv/toString', 'stem_conv']) {
      expect(resolve(name)).toBeUndefined();
    }
  });

  test('an unknown map names the known ones', () => {
    expect(() => nameMap('efficientnet-light')).toThrow(
      /name map 'efficientnet-light'.*Did you mean 'efficientnet-lite'/,
    );
  });
});

describe('what does not fit is told at once', () => {
  test('equal sets of names and shapes do fit', () => {
    expect(convertWeights(liteSource(), liteTargets(), map, { file: 'f' }).size).toBe(liteTargets().length);
  });

  test('another depth: missing and extra names, ten of each, and the base that it is', () => {
    const lite2 = () => [{ name: 'efficientnet-lite2', targets: liteTargets(1.2), map }];
    const convert = () =>
      convertWeights(liteSource(1.2), liteTargets(), map, { file: 'w.pth', candidates: lite2 });
    expect(convert).toThrow(InputError);
    expect(convert).toThrow(/w\.pth do not fit this base: the file seems to hold another architecture/);
    expect(convert).toThrow(/ 75 extra: (\S+; ){10}and 65 more/);
    expect(convert).toThrow(/ of another shape: /);
    expect(convert).toThrow(/It fits 'efficientnet-lite2': use --base efficientnet-lite2/);
  });

  test('missing names and shapes; no base that fits', () => {
    const source = liteSource();
    source.delete('_fc.bias');
    source.set('_fc.weight', { dtype: 'float32', shape: [5, 1280], data: new Float32Array(6400) });
    const convert = () => convertWeights(source, liteTargets(), map, { file: 'w.pth' });
    expect(convert).toThrow(/1 missing: _fc\.bias \(for predictions\/bias\)/);
    expect(convert).toThrow(
      /1 of another shape: _fc\.weight \[5,1280\], in the order \[1,0\], for predictions\/kernel \[1280,1000\]/,
    );
    expect(convert).toThrow(/--base\), or another file \(--weights\)/);
  });

  test('nothing in common', () => {
    const source: WeightMap = new Map([
      ['conv1.weight', { dtype: 'float32', shape: [1], data: new Float32Array(1) }],
    ]);
    expect(() => convertWeights(source, liteTargets(), map, { file: 'w.pth' })).toThrow(
      /1 extra: conv1\.weight\n/,
    );
  });
});
