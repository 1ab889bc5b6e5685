import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importBase } from '../../src/weights/import-base.js';
import { convertedB0, expectedValues, syntheticPixels } from './converted-b0.js';

/** Largest difference by the largest value. */
const TOLERANCE = 1e-4;

function softmax(logits: ArrayLike<number>): number[] {
  const most = Math.max(...Array.from(logits));
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

// The graph models have their own tests. Weights that were quantized give what tfjs itself makes of them, not what Keras made of the originals.
test.skipIf(!convertedB0).each([
  ['keras-2.15.h5', 'keras'],
  ['layers-float16', 'layers-float16'],
])('%s, as other programs wrote it, gives the values of %s', async (file, source) => {
  const all = expectedValues();
  const key = Object.keys(all).find((name) => name.toLowerCase().includes(source)) as string;
  const { logits, probabilities } = all[key]!;
  const model = await importBase(join(convertedB0 as string, file));
  try {
    const { data } = await model.logits(syntheticPixels(), { preprocess: false });
    const received = logits ? Array.from(data) : softmax(data);
    const expected = logits ?? probabilities;
    expect(received).toHaveLength(expected.length);
    const largest = Math.max(...expected.map(Math.abs));
    const apart = Math.max(...received.map((value, i) => Math.abs(value - expected[i]!)));
    expect(apart / largest).toBeLessThan(TOLERANCE);
  } finally {
    await model.dispose();
  }
});
