import { afterEach, describe, expect, test, vi } from 'vitest';
import { BASES, findBase } from '../../models/catalogue/index.js';
import { showSummary, summaryText } from '../../src/cli/bases/summary.js';
import { summarize } from '../../src/model/summary/index.js';

afterEach(() => vi.restoreAllMocks());

const b0 = () => findBase('efficientnet-b0')!.build();

describe('a summary of a base', () => {
  test('lists layers, totals and memory', () => {
    const text = summaryText({ ...summarize(b0(), { batchSize: 8, optimizer: 'adamw' }), name: 'b0' });
    expect(text).toMatch(/^layer +class +output +parameters +mult-adds\n/);
    expect(text).toMatch(/^stem_conv +Conv2D +112x112x32 +864 +10\.8 M$/m);
    expect(text).toMatch(/^network +b0, 238 layers, input 224x224x3$/m);
    expect(text).toMatch(/^parameters +5,330,564, of which 5,288,548 are trained$/m);
    expect(text).toMatch(/^multiply-adds +385\.8 M an image$/m);
    expect(text).toMatch(/^Training with SAM and adamw, 8 images a step:$/m);
    expect(text).toMatch(/^ {2}total +1\.\d\d GiB$/m);
  });

  test('without SAM there is no perturbation', () => {
    const text = summaryText(summarize(b0(), { sam: false, optimizer: 'sgd', batchSize: 1 }));
    expect(text).toMatch(/^Training with sgd, 1 image a step:$/m);
    expect(text).not.toMatch(/perturbation/);
  });

  test.each(BASES.map(({ name }) => name))('of %s fits 80 columns', (name) => {
    const lines = summaryText({ ...summarize(findBase(name)!.build()), name }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('as JSON is one document with every number', () => {
    const written: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    showSummary(b0(), { name: 'efficientnet-b0', imageSize: 64, json: true });
    const document = JSON.parse(written.join(''));
    expect(document).toMatchObject({
      name: 'efficientnet-b0',
      inputShape: [64, 64, 3],
      batchSize: 32,
      optimizer: 'adamw',
      trainable: 5_288_548,
    });
    expect(document.layers).toHaveLength(238);
    expect(document.memory.total).toBeGreaterThan(document.memory.activations);
  });
});
