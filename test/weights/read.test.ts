import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { readWeights, WEIGHT_FORMATS } from '../../src/weights/read.js';
import { fixture } from './fixtures.js';
import { temporaryFolder } from './temporary-folder.js';
import { writeZip } from './zip-writer.js';

const folder = temporaryFolder();

test.each([
  ['zip', 'pytorch'],
  ['legacy', 'pytorch'],
  ['safetensors', 'safetensors'],
] as const)('%s is recognised as %s by its content, whatever its name', async (name, format) => {
  const file = await readWeights(folder.write(`${name}.bin`, fixture(name)));
  expect(file.format).toBe(format);
  expect([...(file.tensors.get('parameter')?.data ?? [])]).toEqual([0.5]);
});

test("a safetensors file's metadata come along", async () => {
  expect((await readWeights(folder.write('m', fixture('safetensors')))).metadata).toEqual({ format: 'pt' });
});

test('a missing file is named', async () => {
  const path = join(folder.path, 'nowhere.pth');
  await expect(readWeights(path)).rejects.toThrow(`No file of weights at ${path}.`);
  await expect(readWeights(path)).rejects.toThrow(InputError);
});

test.each([
  ['text', 'some text'],
  ['an empty file', ''],
  ['a picture', '\x89PNG\r\n\x1a\n'],
  ['JSON of something else', '{"weights": 1}'],
  ['another archive', writeZip([{ name: 'word/document.xml', bytes: new Uint8Array(3) }])],
])('%s is in no format: those that are read are listed', async (_, content) => {
  const path = folder.write('unknown', content);
  const error = await readWeights(path).catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toContain(path);
  for (const { description } of WEIGHT_FORMATS) expect((error as Error).message).toContain(description);
});

test('an empty folder is none either', async () => {
  const path = join(folder.path, 'empty');
  mkdirSync(path);
  await expect(readWeights(path)).rejects.toThrow(/empty is in no format/);
});
