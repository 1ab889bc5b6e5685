import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { WeightMap } from '../../src/model/weights.js';
import { readWeights } from '../../src/weights/read.js';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.js';
import { EXPECTED, fixture } from './fixtures.js';
import { mutations } from './mutations.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

function file(header: unknown, data: number, length?: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(length ?? text.length));
  return new Uint8Array(Buffer.concat([start, text, Buffer.alloc(data)]));
}

const plain = (weights: WeightMap) =>
  Object.fromEntries([...weights].map(([name, t]) => [name, { ...t, data: [...t.data] }]));

test('reads every type of a file that the reference implementation wrote', () => {
  const { tensors, metadata } = readSafetensors(folder.write('theirs', fixture('safetensors')));
  expect(metadata).toEqual({ format: 'pt' });
  expect(tensors.size).toBe(Object.keys(EXPECTED).length);
  for (const [name, { dtype, shape, data }] of tensors) {
    expect({ dtype, shape, values: [...data] }, name).toEqual(EXPECTED[name]);
  }
});

describe('writes', () => {
  const weights: WeightMap = new Map([
    ['flag', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
    ['layer/kernel', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, NaN) }],
    ['step', { dtype: 'int64', shape: [], data: BigInt64Array.of(2n ** 53n + 1n) }],
    ['half', { dtype: 'float16', shape: [1, 1], data: Uint16Array.of(0x3c00) }],
    ['none', { dtype: 'float64', shape: [0], data: new Float64Array(0) }],
  ]);

  test('what it reads back, metadata and all, into new folders', async () => {
    const path = join(folder.path, 'new', 'run', 'state.safetensors');
    await writeSafetensors(path, weights, { metadata: { step: '7', größe: 'ü' } });
    const { tensors, metadata } = readSafetensors(path);
    expect(plain(tensors)).toEqual(plain(weights));
    expect(metadata).toEqual({ step: '7', größe: 'ü' });
    expect(readdirSync(join(folder.path, 'new', 'run'))).toEqual(['state.safetensors']);
  });

  test('tensors at multiples of their element, from views that begin anywhere', async () => {
    const base = Float32Array.of(9, 1, 2, 9);
    const path = join(folder.path, 'aligned');
    const half = { dtype: 'float16', shape: [1], data: Uint16Array.of(1) } as const;
    const view = { dtype: 'float32', shape: [2], data: base.subarray(1, 3) } as const;
    await writeSafetensors(
      path,
      new Map<string, typeof half | typeof view>([
        ['half', half],
        ['view', view],
      ]),
    );
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
    expect(length % 8).toBe(0);
    expect(header.view.data_offsets).toEqual([0, 8]);
    expect(header.half.data_offsets).toEqual([8, 10]);
    expect([...(readSafetensors(path).tensors.get('view')?.data ?? [])]).toEqual([1, 2]);
  });

  test('nothing where a tensor does not have its shape: the file before stays', async () => {
    const path = folder.write('kept', 'before');
    const wrong: WeightMap = new Map([['w', { dtype: 'float32', shape: [3], data: new Float32Array(2) }]]);
    await expect(writeSafetensors(path, wrong)).rejects.toThrow(
      /'w' cannot be written to .*kept.*12 bytes and has 8/,
    );
    expect(readFileSync(path, 'utf8')).toBe('before');
  });

  test('nothing is left where the place cannot be written', async () => {
    folder.write('a-file', '');
    await expect(writeSafetensors(join(folder.path, 'a-file', 'x'), weights)).rejects.toThrow();
    const target = join(folder.path, 'taken');
    await writeSafetensors(join(target, 'inside'), weights);
    await expect(writeSafetensors(target, weights)).rejects.toThrow();
    expect(readdirSync(folder.path).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });
});

describe('refuses, with the file', () => {
  const float = (begin: number, end: number, shape = [1]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const cases: [string, Uint8Array, RegExp][] = [
    [
      'tensors that overlap',
      file({ a: float(0, 4), b: float(2, 6) }, 6),
      /tensor 'b' at byte 4 .*received byte 2/,
    ],
    ['a gap', file({ a: float(0, 4), b: float(8, 12) }, 12), /tensor 'b' at byte 4/],
    ['bytes that belong to none', file({ a: float(0, 4) }, 8), /4 bytes of tensors/],
    [
      'fewer bytes than tensors',
      file({ a: float(0, 4) }, 3),
      /4 bytes of tensors .*received 3.*fetch it again/,
    ],
    ['a size that is not the shape', file({ a: float(0, 8) }, 8), /4 bytes for tensor 'a'/],
    ['a shape of 1e18 elements', file({ a: float(0, 4, [1e9, 1e9]) }, 4), /bytes for tensor 'a'/],
    ['a negative place', file({ a: float(-4, 0) }, 0), /data_offsets of tensor 'a'/],
    ['a shape with fractions', file({ a: float(0, 4, [0.5]) }, 4), /shape and data_offsets of tensor 'a'/],
    [
      'another element type',
      file({ a: { ...float(0, 1), dtype: 'F8_E4M3' } }, 1),
      /'a'.*'F8_E4M3'; these are read: F32/,
    ],
    ['metadata that are no strings', file({ __metadata__: { a: 1 } }, 0), /metadata that map strings/],
    ['no JSON', file('{"a"', 0), /a header in JSON/],
    ['a header longer than the file', file({}, 0, 1000), /a header of 1000 bytes/],
    ['a header of exabytes', file({}, 0, 2 ** 60), /a header of/],
    ['a file of 5 bytes', new Uint8Array(5), /a header/],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    const path = folder.write('bad.safetensors', bytes);
    expect(() => readSafetensors(path)).toThrow(message);
    expect(() => readSafetensors(path)).toThrow(path);
    expect(() => readSafetensors(path)).toThrow(InputError);
  });

  test('a file cut off anywhere', async () => {
    const bytes = fixture('safetensors');
    for (let length = 9; length < bytes.length; length += 31) {
      const path = folder.write('cut.safetensors', bytes.subarray(0, length));
      await expect(readWeights(path)).rejects.toThrow(/cut\.safetensors.*fetch it again/);
    }
  });

  test('200 mutations: an InputError or tensors, never anything else', () => {
    for (const bytes of mutations(fixture('safetensors'), 200)) {
      const path = folder.write('mutated', bytes);
      try {
        readSafetensors(path);
      } catch (error) {
        expect(error, (error as Error).stack).toBeInstanceOf(InputError);
      }
    }
  });
});
