import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { namesFileOf, writeEmbeddings } from '../../src/evaluate/embeddings.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { readNpy } from './read-npy.js';

const { path: folder } = temporaryFolder();

test('rows as they come, in a file that NumPy reads, with the names beside it', async () => {
  const file = join(folder, 'some.npy');
  const result = await writeEmbeddings(file, async (write) => {
    await write(['a.png', 'b "quoted".png'], Float32Array.of(1, 2, 3, 4, 5, 6));
    await write([], new Float32Array(0));
    await write(['line\nbreak.png'], Float32Array.of(0.1, -1e-30, Number.NaN));
    return 'done';
  });
  expect(result).toBe('done');
  const { shape, values } = readNpy(file);
  expect(shape).toEqual([3, 3]);
  expect(values).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6, 0.1, -1e-30, Number.NaN));
  expect(JSON.parse(readFileSync(join(folder, 'some.names.json'), 'utf8'))).toEqual([
    'a.png',
    'b "quoted".png',
    'line\nbreak.png',
  ]);
});

test('nothing, and what fails', async () => {
  const empty = join(folder, 'empty.npy');
  await writeEmbeddings(empty, async () => {});
  expect(readNpy(empty)).toEqual({ shape: [0, 0], values: new Float32Array(0) });
  expect(JSON.parse(readFileSync(namesFileOf(empty), 'utf8'))).toEqual([]);

  const failed = join(folder, 'failed.npy');
  const failing = writeEmbeddings(failed, async (write) => {
    await write(['a'], Float32Array.of(1));
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  expect([existsSync(failed), existsSync(namesFileOf(failed))]).toEqual([false, false]);
  expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
});

test('another ending is refused', () => {
  expect(() => namesFileOf('features.npz')).toThrow(
    "Expected a name that ends in .npy for the file of embeddings, received 'features.npz'.",
  );
});
