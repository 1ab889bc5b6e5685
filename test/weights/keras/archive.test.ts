import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isKerasArchive, isKerasH5, readKerasArchive } from '../../../src/weights/keras/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type Member, writeZip } from '../zip-writer.js';
import { type H5Group, writeH5 } from './h5-writer.js';
import { CLASSIFIER3 } from './models.js';

const folder = temporaryFolder();
const f = (...values: number[]) => Float32Array.from(values);

const kernel: [Float32Array, number[]] = [f(1, 2, 3, 4, 5, 6), [3, 2]];
const dense = (name: string): H5Group => ({
  groups: { vars: { attributes: { name }, datasets: { 0: kernel, 1: f(7, 8) } } },
});

async function members(name = 'predictions', deflate = false): Promise<Member[]> {
  const path = await writeH5(join(folder.path, 'model.weights.h5'), {
    groups: {
      layers: { groups: { dense: dense(name) } },
      optimizer: { groups: { vars: { datasets: { 0: f(9) } } } },
    },
  });
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  return [
    { name: 'metadata.json', bytes: text({ keras_version: '3.15.1' }) },
    { name: 'config.json', bytes: text(CLASSIFIER3), deflate },
    { name: 'model.weights.h5', bytes: readFileSync(path), deflate },
  ];
}
const archive = (name: string, list: readonly Member[]) => folder.write(name, writeZip(list));

describe('.keras', () => {
  test.each([
    ['stored', false],
    ['packed again by a user', true],
  ] as const)('%s', async (_, deflate) => {
    const path = archive('m.keras', await members('predictions', deflate));
    expect([isKerasArchive(path), isKerasH5(path)]).toEqual([true, false]);
    const file = await readKerasArchive(path);
    expect([...file.tensors].map(([name, { shape, data }]) => [name, shape, ...data])).toEqual([
      ['predictions/kernel', [3, 2], 1, 2, 3, 4, 5, 6],
      ['predictions/bias', [2], 7, 8],
    ]);
    expect(file).toMatchObject({ format: 'keras', labels: ['0', '1'], imageSize: 4 });
    expect(file.metadata).toEqual({ kerasVersion: '3.15.1' });
    expect(file.topology?.config.name).toBe('m');
  });

  test('other zip archives are none', async () => {
    const [, config] = await members();
    expect(isKerasArchive(archive('config.zip', [config!]))).toBe(false);
    expect(isKerasArchive(folder.write('text.keras', 'PK\x03\x04 and no more'))).toBe(false);
    expect(isKerasArchive(folder.path)).toBe(false);
    expect(isKerasArchive(join(folder.path, 'none.keras'))).toBe(false);
  });
});

describe('archives that are not whole', () => {
  test('weights of another layer than the model has', async () => {
    const path = archive('other.keras', await members('logits'));
    await expect(readKerasArchive(path)).rejects.toThrow(
      /weights of layer 'predictions' at 'layers\/dense' in .*other.keras, received those of 'logits'/,
    );
  });

  test('weights in a format of numpy', async () => {
    const [metadata, config] = await members();
    const path = archive('numpy.keras', [
      metadata!,
      config!,
      { name: 'model.weights.npz', bytes: new Uint8Array(4) },
    ]);
    expect(isKerasArchive(path)).toBe(true);
    await expect(readKerasArchive(path)).rejects.toThrow(/no 'model.weights.h5'.*Save the model again/);
  });

  test('weights with another checksum', async () => {
    const [metadata, config, weights] = await members();
    const path = archive('sum.keras', [metadata!, config!, { ...weights!, claim: { crc32: 1 } }]);
    await expect(readKerasArchive(path)).rejects.toThrow(
      /checksum that the archive gives for 'model.weights.h5'/,
    );
  });

  test('a description that is no JSON', async () => {
    const [metadata, , weights] = await members();
    const path = archive('text.keras', [
      metadata!,
      { name: 'config.json', bytes: new TextEncoder().encode('{"class_name":') },
      weights!,
    ]);
    await expect(readKerasArchive(path)).rejects.toThrow(/JSON that describes a model in .*text.keras/);
  });
});
