import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { isFlax, readFlax } from '../../../src/weights/flax/index.js';
import * as torch from '../fixtures.js';
import { mutations } from '../mutations.js';
import { temporaryFolder } from '../temporary-folder.js';
import { fixture } from './fixtures.js';

const folder = temporaryFolder();

const PARAMS = {
  'params/Stem_0/conv2d/kernel': {
    dtype: 'float32',
    shape: [1, 2, 3, 2],
    values: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75],
  },
  // Bits: 1.5 and 2 as float16, 0.5 and -3 as bfloat16.
  'params/Stem_0/batch_normalization/scale': { dtype: 'float16', shape: [2], values: [0x3e00, 0x4000] },
  'params/Stem_0/batch_normalization/bias': { dtype: 'bfloat16', shape: [2], values: [0x3f00, 0xc040] },
};
const STATE = {
  'state/Stem_0/batch_normalization/mean': { dtype: 'float64', shape: [2], values: [1 / 3, -2e300] },
  'state/Stem_0/batch_normalization/var': { dtype: 'int32', shape: [2], values: [7, -1] },
};

async function read(path: string) {
  const { tensors } = await readFlax(path);
  return Object.fromEntries(
    [...tensors].map(([name, { dtype, shape, data }]) => [name, { dtype, shape, values: [...data] }]),
  );
}

describe('checkpoints that Flax wrote', () => {
  test.each(['published', 'training'] as const)(
    '%s: parameters and state, nothing of the optimizer',
    async (name) => {
      const path = folder.write(name, fixture(name));
      expect(isFlax(path)).toBe(true);
      expect(await read(path)).toEqual({ ...PARAMS, ...STATE });
    },
  );

  test('another one keeps its paths', async () => {
    const path = folder.write('linen', fixture('linen'));
    expect(isFlax(path)).toBe(true);
    expect(Object.keys(await read(path))).toEqual([
      'params/conv2d/kernel',
      'params/batch_normalization/scale',
      'params/batch_normalization/bias',
    ]);
  });

  test('files of PyTorch, safetensors, and text are none', () => {
    for (const name of ['zip', 'legacy', 'zipProtocol4', 'safetensors'] as const) {
      expect(isFlax(folder.write(`other-${name}`, torch.fixture(name))), name).toBe(false);
    }
    expect(isFlax(folder.write('text', '{"a": 1}'))).toBe(false);
    expect(isFlax(folder.write('empty', ''))).toBe(false);
    expect(isFlax(folder.path)).toBe(false);
  });
});

describe('damaged files', () => {
  const failure = async (name: string, bytes: Uint8Array) => {
    const path = folder.write(name, bytes);
    const error: unknown = await readFlax(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(path);
    return (error as Error).message;
  };
  const key = (text: string) => Buffer.concat([Buffer.from([0xa0 + text.length]), Buffer.from(text)]);

  test('cut off, or with something behind', async () => {
    const whole = fixture('published');
    for (const length of [1, 9, 60, whole.length - 1]) {
      expect(await failure('cut', whole.subarray(0, length))).toMatch(/truncated or corrupt/);
    }
    expect(await failure('longer', Buffer.concat([whole, Buffer.alloc(3)]))).toMatch(/its end at byte/);
  });

  test('lengths that the file does not have', async () => {
    const lie = Buffer.from([0x81, ...key('a'), 0xc6, 0xff, 0xff, 0xff, 0xff]);
    expect(await failure('long', lie)).toMatch(/4294967295 bytes/);
    const tensor = [0x93, 0x91, 0xce, 0xff, 0xff, 0xff, 0xff, ...key('float32'), 0xc4, 4, 0, 0, 0, 0];
    const shape = Buffer.from([0x81, ...key('a'), 0xc7, tensor.length, 1, ...tensor]);
    expect(await failure('shape', shape)).toMatch(/17179869180 bytes in tensor 'a'/);
  });

  test('nested without end, or of millions of values', async () => {
    expect(
      await failure('deep', Buffer.from([0x81, ...key('a'), ...new Uint8Array(500).fill(0x91)])),
    ).toMatch(/at most 64 levels/);
    const many = Buffer.concat([
      Buffer.from([0x81, ...key('a'), 0xdd, 0xff, 0xff, 0xff, 0xff]),
      Buffer.alloc(1_100_000),
    ]);
    expect(await failure('many', many)).toMatch(/at most 1000000 values/);
  });

  test('a type that is not read is named, with those that are', async () => {
    const tensor = [0x93, 0x91, 1, ...key('complex64'), 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    const message = await failure(
      'type',
      Buffer.from([0x81, ...key('a'), 0xc7, tensor.length, 1, ...tensor]),
    );
    expect(message).toMatch(/'a' in .* is of type complex64\. Read are: float32/);
  });

  test('no tensors at all', async () => {
    expect(await failure('none', Buffer.from([0x81, ...key('a'), 0xc0]))).toMatch(/found none/);
  });

  test('200 mutated files: tensors, or a message that names the file', async () => {
    let refused = 0;
    for (const bytes of mutations(fixture('published'), 200)) {
      const path = folder.write('mutated', bytes);
      const error: unknown = await readFlax(path).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error === undefined) continue;
      refused += 1;
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toContain(path);
    }
    expect(refused).toBeGreaterThan(80);
  });
});
