import { afterAll, expect } from 'vitest';
import { type AugmentOptions, augment } from '../../src/augment/index.js';
import { Fragment, Graph, Session } from '../../src/tensorflow/index.js';
import { runSession, seedOf } from '../model/run-fragment.js';

/** uint8 `[count, height, width, 3]`. */
export interface Images {
  pixels: Uint8Array;
  count: number;
  height: number;
  width: number;
}

/** Images whose every pixel and channel differs from its neighbours. */
export function images(count: number, height: number, width = height): Images {
  const pixels = Uint8Array.from(
    { length: count * height * width * 3 },
    (_, i) => (i * 37 + (i >> 3) * 11) % 251,
  );
  return { pixels, count, height, width };
}

/** Some of the images. */
export function part({ pixels, height, width }: Images, from: number, count: number): Images {
  const length = height * width * 3;
  return { pixels: pixels.slice(from * length, (from + count) * length), count, height, width };
}

/** One image, `[height, width, 3]`. */
export function imageOf({ pixels, height, width }: Images, i: number): number[] {
  const length = height * width * 3;
  return Array.from(pixels.subarray(i * length, (i + 1) * length));
}

export interface Wanted extends Partial<Pick<AugmentOptions, 'augmentations' | 'decoded'>> {
  size: number;
  seed?: number;
  step?: number;
  first?: number;
}

/** Sessions by what their graphs do: preparing one takes longer than its run, and a file asks for most several times. */
const sessions = new Map<string, { graph: Graph; session: Session; output: string }>();

afterAll(async () => {
  for (const { graph, session } of sessions.values()) {
    await session.close();
    graph.dispose();
  }
});

/** Batches of another size get another one: what a session ran before may move a value that lies between two levels. */
function sessionFor(count: number, options: Omit<AugmentOptions, 'seed' | 'first'>) {
  const key = JSON.stringify([count, options]);
  const known = sessions.get(key);
  if (known) return known;
  const f = new Fragment();
  f.input('pixels', 'uint8', [-1, options.height, options.width, 3]);
  f.input('seed', 'int64', [2]);
  f.input('first', 'int32', []);
  const output = augment(f, 'pixels', { ...options, seed: 'seed', first: 'first' });
  const graph = new Graph();
  graph.import(f);
  const made = { graph, session: new Session(graph, { grappler: false }), output };
  sessions.set(key, made);
  return made;
}

/** The augmented images, one array `[size, size, 3]` each. */
export async function augmented(
  { pixels, count, height, width }: Images,
  { size, augmentations = [], decoded, seed = 3, step = 0, first = 0 }: Wanted,
): Promise<number[][]> {
  const { session, output } = sessionFor(count, { height, width, size, augmentations, decoded });
  const feeds = {
    pixels: { dtype: 'uint8' as const, values: pixels, shape: [count, height, width, 3] },
    seed: seedOf(seed, step),
    first: { dtype: 'int32' as const, values: [first], shape: [] },
  };
  const [found] = await runSession(session, feeds, [output]);
  expect(found!.shape).toEqual([count, size, size, 3]);
  const length = size * size * 3;
  return Array.from({ length: count }, (_, i) => found!.values.slice(i * length, (i + 1) * length));
}

/** The largest difference of two images. */
export const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
