import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { DEFAULTS, limitsOf, type ServeOptions } from '../../src/serve/options.js';

test('what is left out, or undefined, has its default', () => {
  expect(limitsOf({})).toEqual(DEFAULTS);
  expect(limitsOf({ port: undefined, queue: 3 })).toEqual({ ...DEFAULTS, queue: 3 });
  expect(DEFAULTS.host).toBe('127.0.0.1');
});

test('origins that a browser sends are taken', () => {
  const allowOrigins = ['*', 'https://example.com', 'http://localhost:3000'];
  expect(limitsOf({ allowOrigins }).allowOrigins).toEqual(allowOrigins);
});

const refused: [ServeOptions, RegExp][] = [
  [{ port: 65_536 }, /whole number of 0 to 65535 for --port, received 65536/],
  [{ port: 1.5 }, /for --port, received 1.5/],
  [{ batchSize: 0 }, /whole number of 1 or more for --batch-size, received 0/],
  [{ maxBytes: Number.NaN }, /for --max-bytes, received NaN/],
  [{ queue: -1 }, /for --queue, received -1/],
  [{ maxPixels: 300_000_000 }, /whole number of 1 to 268402689 for --max-pixels/],
  [{ maxWait: -1 }, /for --max-wait, received -1/],
  [{ timeout: 0 }, /seconds above 0 for --timeout, received 0/],
  [{ timeout: Number.POSITIVE_INFINITY }, /for --timeout, received Infinity/],
  [{ allowOrigins: ['https://example.com/'] }, /for --allow-origin.*Did you mean 'https:\/\/example\.com'\?/],
  [{ allowOrigins: ['example.com'] }, /for --allow-origin, received 'example\.com'/],
];

test.each(refused)('%j is refused', (options, message) => {
  expect(() => limitsOf(options)).toThrow(message);
  expect(() => limitsOf(options)).toThrow(InputError);
});
