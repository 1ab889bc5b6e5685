import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { graysOf } from '../../src/inspect/grays.js';
import { lookAt } from '../../src/inspect/look.js';
import { hamming } from '../../src/inspect/near-pairs.js';
import { correlation, type Signature, signatureOf } from '../../src/inspect/perceptual-hash.js';
import { scene } from './fixtures.js';

async function signature(content: Buffer): Promise<Signature> {
  const { pixels } = await lookAt({ name: 'scene', read: async () => content });
  return signatureOf(pixels!);
}

const bits = (a: Signature, b: Signature) => hamming(Uint32Array.from([...a.hash, ...b.hash]), 0, 1);

test.each<[string, (image: Sharp) => Sharp]>([
  ['a poor JPEG', (image) => image.jpeg({ quality: 30 })],
  ['WebP', (image) => image.webp({ quality: 60 })],
  ['half the size', (image) => image.resize(48)],
  ['three times the size', (image) => image.resize(288)],
  ['stretched', (image) => image.resize(90, 70, { fit: 'fill' })],
  ['brighter', (image) => image.linear(1.08, 4)],
  ['paler', (image) => image.linear(0.8, 30)],
])('a copy as %s has nearly the same signature', async (_, change) => {
  for (let seed = 1; seed <= 5; seed++) {
    const original = await scene(seed);
    const [a, b] = [await signature(original), await signature(await change(sharp(original)).toBuffer())];
    expect(bits(a, b)).toBeLessThanOrEqual(4);
    expect(correlation(a.thumb, b.thumb)).toBeGreaterThan(0.97);
  }
});

test('another scene has another signature, and so has a mirrored one', async () => {
  const original = await scene(1);
  const mirrored = await sharp(original).flop().toBuffer();
  const first = await signature(original);
  for (const other of [await scene(2), await scene(3), mirrored]) {
    const its = await signature(other);
    expect(bits(first, its)).toBeGreaterThan(12);
    expect(correlation(first.thumb, its.thumb)).toBeLessThan(0.9);
  }
});

test('half of the bits of a hash are set: those above the median', async () => {
  const [low, high] = (await signature(await scene(4))).hash;
  expect(hamming(Uint32Array.of(low, high, 0, 0), 0, 1)).toBe(32);
});

test('grays are means over parts of the image, to fractions of a pixel', () => {
  const gray = (values: readonly number[]) =>
    Uint8Array.from(values.flatMap((value) => [value, value, value]));
  const row = { data: gray([10, 20, 60]), width: 3, height: 1 };
  // Two parts of one and a half pixels each; above each other the one row counts fully.
  const means = [(10 + 20 / 2) / 1.5, (20 / 2 + 60) / 1.5];
  for (const [i, value] of graysOf(row, 2).entries()) expect(value).toBeCloseTo(means[i % 2]!, 10);
  const colour = { data: Uint8Array.of(255, 0, 0), width: 1, height: 1 };
  expect([...graysOf(colour, 1)][0]).toBeCloseTo(0.299 * 255, 10);
});

test('thumbs of one gray are like nothing', () => {
  const flat = new Uint8Array(256).fill(7);
  expect(correlation(flat, flat)).toBe(0);
  const ramp = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(correlation(ramp, ramp)).toBeCloseTo(1, 12);
  expect(correlation(ramp, ramp.toReversed())).toBeCloseTo(-1, 12);
});
