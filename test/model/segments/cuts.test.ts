import { describe, expect, test } from 'vitest';
import { chooseCuts, type Place } from '../../../src/model/segments/choose.js';
import { findCuts } from '../../../src/model/segments/cuts.js';
import { nodesOf } from '../../../src/tensorflow/fragment-nodes.js';
import { attr, Fragment } from '../../../src/tensorflow/index.js';

const T = { T: attr.type('float32') };

/** The places where a fragment from `images` to `logits` can be cut. */
const cutsOf = (build: (f: Fragment) => void, shared: readonly string[] = ['seed']) => {
  const f = new Fragment();
  f.input('images');
  build(f);
  return [...findCuts(nodesOf(f), { images: 'images', logits: 'logits', shared: new Set(shared) })];
};

describe('a pass can be cut', () => {
  test('between any two nodes of a chain', () => {
    const cuts = cutsOf((f) => {
      f.op('Relu', ['images'], T, 'a');
      f.op('Relu', ['a'], T, 'b');
      f.op('Relu', ['b'], T, 'logits');
    });
    expect(cuts).toEqual(['a', 'b']);
  });

  test('around a residual branch, not within it', () => {
    const cuts = cutsOf((f) => {
      f.op('Relu', ['images'], T, 'start');
      f.op('Relu', ['start'], T, 'branch');
      f.op('AddV2', ['branch', 'start'], T, 'end');
      f.op('Relu', ['end'], T, 'logits');
    });
    expect(cuts).toEqual(['start', 'end']);
  });

  test('not where the images are used once more', () => {
    const cuts = cutsOf((f) => {
      f.op('Relu', ['images'], T, 'a');
      f.op('AddV2', ['a', 'images'], T, 'b');
      f.op('Relu', ['b'], T, 'logits');
    });
    expect(cuts).toEqual(['b']);
  });

  test('not where another output of the node is used', () => {
    const cuts = cutsOf((f) => {
      f.op('TopKV2', ['images', f.constant(Int32Array.of(2), [])], { ...T, sorted: attr.bool(true) }, 'top');
      f.op('AddV2', ['top', f.cast('top:1', 'int32', 'float32')], T, 'sum');
      f.op('Relu', ['sum'], T, 'logits');
    });
    expect(cuts).toEqual(['sum']);
  });

  test('not between two uses of a weight, on whatever way it comes', () => {
    const build = (f: Fragment) => {
      f.input('w');
      const half = f.math('Mul', ['w', f.scalar(0.5)]);
      f.op('MatMul', ['images', 'w'], T, 'a');
      f.op('Relu', ['a'], T, 'b');
      f.op('MatMul', ['b', half], T, 'c');
      f.op('Relu', ['c'], T, 'logits');
    };
    expect(cutsOf(build)).toEqual(['c']);
    expect(cutsOf(build, ['w'])).toEqual(['a', 'b', 'c']);
  });

  test('wherever a side branch leads nowhere', () => {
    const cuts = cutsOf((f) => {
      f.op('Relu', ['images'], T, 'a');
      f.op('Relu', ['a'], T, 'b');
      f.op('Neg', ['a'], T, 'unused');
      f.op('Relu', ['b'], T, 'logits');
    });
    expect(cuts).toEqual(['a', 'b']);
  });
});

describe('the choice of cuts', () => {
  const heldWith = (places: readonly Place[], rest: number, cuts: readonly number[]) => {
    const segments = [0];
    places.forEach(({ work }, i) => {
      segments[segments.length - 1]! += work;
      if (cuts.includes(i)) segments.push(0);
    });
    segments[segments.length - 1]! += rest;
    return Math.max(...segments) + cuts.reduce((sum, cut) => sum + places[cut]!.size, 0);
  };
  const even = (length: number, size = 1): Place[] => Array.from({ length }, () => ({ size, work: 10 }));

  test('is none where cuts cost more than they spare, or there is no place', () => {
    expect(chooseCuts([], 100)).toEqual([]);
    expect(chooseCuts(even(4, 100), 10)).toEqual([]);
  });

  test('takes thin places, not thick ones beside them', () => {
    const thin = { size: 1, work: 50 };
    const thick = { size: 40, work: 1 };
    expect(chooseCuts([thick, thin, thick, thin, thick], 50)).toEqual([1, 3]);
  });

  test('holds about what the best of all choices holds', () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    for (let round = 0; round < 30; round++) {
      const places = Array.from({ length: 9 }, () => ({ size: 1 + 9 * random(), work: 1 + 30 * random() }));
      const all = Array.from({ length: 2 ** 9 }, (_, bits) =>
        places.flatMap((_, i) => (bits & (1 << i) ? [i] : [])),
      );
      const best = Math.min(...all.map((cuts) => heldWith(places, 10, cuts)));
      expect(heldWith(places, 10, chooseCuts(places, 10))).toBeLessThan(best * 1.12);
    }
  });
});
