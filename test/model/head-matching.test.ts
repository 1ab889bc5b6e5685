import { afterEach, describe, expect, test } from 'vitest';
import { imagenetLabels } from '../../models/labels/index.js';
import { matchClasses } from '../../src/model/head/match.js';
import { matchingClasses } from '../../src/model/head.js';
import { swapHead } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { smallTopology } from '../train/small-network.js';
import { givenModel, logitsOf } from './given-model.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const pairs = (old: readonly string[], fresh: readonly string[], aliases?: ReadonlyMap<string, string>) =>
  matchClasses(old, fresh, { aliases }).map(({ label, oldLabel }) => `${label} = ${oldLabel}`);

describe('matchClasses', () => {
  test('to the letter, then by spelling, then by other names', () => {
    expect(pairs(['Golf ball', 'tench', 'church'], ['church', 'golf_ball', 'n01440764', 'spoon'])).toEqual([
      'church = church',
      'golf_ball = Golf ball',
      'n01440764 = tench',
    ]);
  });

  test('gives the indices of both', () => {
    expect(matchClasses(['a', 'b'], ['x', 'B'])).toEqual([
      { label: 'B', index: 1, oldLabel: 'b', oldIndex: 1 },
    ]);
  });

  test('aliases work from either side, and can be given', () => {
    expect(pairs(['n01440764'], ['Tench'])).toEqual(['Tench = n01440764']);
    expect(pairs(['cat'], ['Felis catus'])).toEqual([]);
    expect(pairs(['cat'], ['Felis catus'], new Map([['felis catus', 'cat']]))).toEqual(['Felis catus = cat']);
  });

  test('a name that could be two old classes is neither, and an old class is taken once', () => {
    expect(pairs(['Cardigan', 'cardigan'], ['CARDIGAN', 'cardigan'])).toEqual(['cardigan = cardigan']);
    expect(pairs(imagenetLabels(), ['crane'])).toEqual([]);
    expect(pairs(['tench'], ['n01440764', 'tench', 'Tench'])).toEqual(['tench = tench']);
  });
});

describe('keepMatchingClasses', () => {
  const OLD = ['tench', 'goldfish', 'ostrich'];
  const base = () => givenModel(smallTopology(), OLD);

  test('kept classes answer as before, others start anew', async () => {
    const before = await logitsOf(base());
    const options = { keepMatchingClasses: true, biasStart: [9, 1, 9, 2] } as const;
    const zeros = await logitsOf(
      swapHead(base(), { classes: ['Goldfish', 'x', 'n01440764', 'y'], ...options }),
    );
    expect(zeros[0]).toBeCloseTo(before[1]!, 5);
    expect(zeros[2]).toBeCloseTo(before[0]!, 5);
    expect([zeros[1], zeros[3]]).toEqual([1, 2]);
  });

  test('with variance scaling the others are drawn within its limit, by the seed', () => {
    const kernel = (seed: number) => {
      const model = swapHead(base(), {
        classes: ['tench', 'x', 'y', 'z'],
        keepMatchingClasses: true,
        initializer: 'variance',
        seed,
      });
      return [...(model.weights.get('predictions/kernel')!.data as Float32Array)];
    };
    const first = kernel(1);
    const drawn = first.filter((_, i) => i % 4 !== 0);
    expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(0.5);
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(kernel(1)).toEqual(first);
    expect(kernel(2)).not.toEqual(first);
    const old = base().weights.get('predictions/kernel')!.data;
    expect(first.filter((_, i) => i % 4 === 0)).toEqual([...old].filter((_, i) => i % 3 === 0));
  });

  test('matchingClasses says what is kept: nothing of a classifier without weights', () => {
    const labels = ['x', 'ostrich'];
    expect(matchingClasses(base(), labels)).toEqual([
      { label: 'ostrich', index: 1, oldLabel: 'ostrich', oldIndex: 2 },
    ]);
    const random = base().with({ weights: new Map() });
    expect(matchingClasses(random, labels)).toEqual([]);
    const model = swapHead(random, { classes: labels, keepMatchingClasses: true });
    expect([...model.weights.keys()]).toEqual([]);
  });
});
