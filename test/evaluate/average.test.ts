import { afterEach, describe, expect, test } from 'vitest';
import { averaged, type LogitsOf, softmax, viewsOf } from '../../src/evaluate/index.js';
import { Tensor } from '../../src/tensorflow/index.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

/** Two images of 8 x 8 pixels and one channel, every value of image i being 10 i + 1. */
const images = () =>
  Tensor.from(
    'uint8',
    Array.from({ length: 128 }, (_, i) => 10 * Math.floor(i / 64) + 1),
    [2, 8, 8, 1],
  );

/** Gives these logits, one list a call, whatever the images. */
function speaking(...answers: number[][]): { logitsOf: LogitsOf; shapes: (readonly number[])[] } {
  const shapes: (readonly number[])[] = [];
  const logitsOf = async ({ shape }: Tensor) => {
    const answer = answers[shapes.length]!;
    shapes.push(shape);
    return Tensor.from('float32', answer, [2, answer.length / 2]);
  };
  return { logitsOf, shapes };
}

async function values(logitsOf: LogitsOf): Promise<number[]> {
  const batch = images();
  try {
    const logits = await logitsOf(batch);
    const found = [...logits.data];
    logits.dispose();
    return found;
  } finally {
    batch.dispose();
  }
}

describe('averaged', () => {
  test('one view: its logits, as they are', async () => {
    const { logitsOf, shapes } = speaking([1, 2, 3, 4, 5, 6]);
    expect(await values(averaged(logitsOf, viewsOf('none')))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(shapes).toEqual([[2, 8, 8, 1]]);
    const centre = speaking([1, 2, 3, 4, 5, 6]);
    expect(await values(averaged(centre.logitsOf, viewsOf('crops:1')))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(centre.shapes).toEqual([[2, 7, 7, 1]]);
  });

  test('several: probabilities are averaged, not logits', async () => {
    const [a, b] = [
      [3, 0, 0, 0, 1, 2],
      [0, 0, 1, -4, 8, 0],
    ];
    const { logitsOf, shapes } = speaking(a!, b!);
    const found = await values(averaged(logitsOf, viewsOf('flip')));
    expect(shapes).toHaveLength(2);
    for (const i of [0, 1]) {
      const of = (all: number[]) => softmax(Float32Array.from(all.slice(3 * i, 3 * i + 3)));
      const [p, q] = [of(a!), of(b!)];
      of(found).forEach((probability, k) => {
        expect(probability).toBeCloseTo((p[k]! + q[k]!) / 2, 6);
      });
      // They are logarithms of probabilities: their sum of exponentials is 1.
      expect(found.slice(3 * i, 3 * i + 3).reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(
        1,
        6,
      );
    }
  });

  test('does not depend on what each view adds to all of its logits, nor overflow', async () => {
    const plain = await values(averaged(speaking([1, 2, 3, 4], [4, 3, 2, 1]).logitsOf, viewsOf('flip')));
    const shifted = await values(
      averaged(speaking([1001, 1002, 3, 4], [4, 3, -998, -999]).logitsOf, viewsOf('flip')),
    );
    for (const [i, value] of shifted.entries()) expect(value).toBeCloseTo(plain[i]!, 4);
  });

  test('keeps the digits of small probabilities', async () => {
    const [, , , small] = await values(
      averaged(speaking([0, 0, 0, -200], [0, 0, 0, -200]).logitsOf, viewsOf('flip')),
    );
    expect(small).toBeCloseTo(-200, 4);
  });

  test('a view that is not a number makes the image none', async () => {
    const found = await values(
      averaged(speaking([1, 2, 3, 4], [Number.NaN, 2, 3, 4]).logitsOf, viewsOf('flip')),
    );
    expect(found.slice(0, 2)).toEqual([Number.NaN, Number.NaN]);
    expect(found.slice(2).every(Number.isFinite)).toBe(true);
  });

  test('frees the views before one that fails', async () => {
    let calls = 0;
    const failing = async () => {
      if (++calls === 3) throw new Error('out of memory');
      return Tensor.from('float32', [1, 2], [2, 1]);
    };
    await expect(values(averaged(failing, viewsOf('crops:5')))).rejects.toThrow('out of memory');
    expect(calls).toBe(3);
  });
});
