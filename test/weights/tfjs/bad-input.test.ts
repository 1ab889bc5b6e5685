import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { NO_PREPROCESSING } from '../../../src/model/data.js';
import { readWeights } from '../../../src/weights/read.js';
import { readLayersModel } from '../../../src/weights/tfjs-layers.js';
import { mutations } from '../mutations.js';
import { temporaryFolder } from '../temporary-folder.js';
import { chain, modelFolders } from './model-folders.js';

const folder = temporaryFolder();
const { model } = modelFolders();
const manifest = (weights: object[], paths = ['a.bin']) => ({ weightsManifest: [{ paths, weights }] });

describe('refuses, with the file', () => {
  const one = [{ name: 'a/kernel', shape: [2], dtype: 'float32' }];
  const ours = (parts: object) => ({
    userDefinedMetadata: {
      samFinetune: {
        version: 1,
        labels: ['x', 'y', 'z'],
        preprocessing: NO_PREPROCESSING,
        imageSize: 32,
        ...parts,
      },
    },
  });
  const cases: [string, () => string, RegExp][] = [
    [
      'a shard that is cut off',
      () => model(manifest(one), { 'a.bin': new Uint8Array(7) }),
      /8 bytes in its shards, up to weight 'a\/kernel'.*received 7.*fetch it again/,
    ],
    [
      'a shard that is too long',
      () => model(manifest(one), { 'a.bin': new Uint8Array(9) }),
      /8 bytes in its shards.*received 9/,
    ],
    [
      'a shard that is missing',
      () => model(manifest(one)),
      /shard 'a\.bin', which is missing: expected it at .*a\.bin/,
    ],
    ['a shard outside', () => model(manifest(one, ['../../etc/passwd'])), /lies outside its folder/],
    ['a shard by its whole path', () => model(manifest(one, ['/etc/passwd'])), /lies outside its folder/],
    [
      'a shape of 4e18 bytes',
      () => model(manifest([{ ...one[0], shape: [1e9, 1e9] }]), { 'a.bin': new Uint8Array(8) }),
      /up to weight 'a\/kernel'/,
    ],
    [
      'another type',
      () => model(manifest([{ ...one[0], dtype: 'string' }])),
      /weightsManifest\.0\.weights\.0\.dtype/,
    ],
    [
      'quantization without scale',
      () => model(manifest([{ ...one[0], quantization: { dtype: 'uint8' } }])),
      /weights\.0\.quantization/,
    ],
    ['a graph model', () => model({ format: 'graph-model' }), /is a tfjs graph model/],
    [
      'another topology',
      () => model({ modelTopology: { class_name: 'Functional', config: {} } }),
      /a topology of class/,
    ],
    ['labels that are not as many as logits', () => model(ours({ labels: ['x'] })), /3 logits and 1 labels/],
    [
      'a description that is incomplete',
      () => model(ours({ imageSize: 'large' })),
      /userDefinedMetadata\.samFinetune.*imageSize/,
    ],
    ['a description of a later version', () => model(ours({ version: 2 })), /samFinetune.*version/],
  ];
  test.each(cases)('%s', async (_, make, message) => {
    const path = make();
    await expect(readLayersModel(path)).rejects.toThrow(message);
    await expect(readLayersModel(path)).rejects.toThrow(InputError);
    await expect(readLayersModel(path)).rejects.toThrow(path);
  });

  test('200 mutations of a model.json: an InputError or a model, never anything else', async () => {
    const path = model({ ...manifest(one), ...ours({}) }, { 'a.bin': new Uint8Array(8) });
    for (const bytes of mutations(readFileSync(join(path, 'model.json')), 200)) {
      writeFileSync(join(path, 'model.json'), bytes);
      const error = await readLayersModel(path).catch((reason: Error) => reason);
      if (error instanceof Error) expect(error, error.stack).toBeInstanceOf(InputError);
    }
  });

  test.each([
    { layers: [null], output_layers: [] },
    { layers: [{ config: null }], output_layers: [] },
    { layers: [{ config: {} }], output_layers: [null] },
    { layers: [{ config: {}, name: 'a', inbound_nodes: [null] }], output_layers: [['a', 0, 0]] },
    { layers: [{ config: 7, name: 'a', inbound_nodes: 1 }], output_layers: [['a', 0, 0]] },
  ])('a topology of odd parts: %j', async (config) => {
    const path = model({ modelTopology: { class_name: 'Functional', config } });
    const error = await readLayersModel(path).catch((reason: Error) => reason);
    if (error instanceof Error) expect(error, error.stack).toBeInstanceOf(InputError);
  });

  test('a model.json that breaks off', async () => {
    const text = JSON.stringify({ format: 'layers-model', modelTopology: chain, weightsManifest: [] });
    for (let length = 60; length < text.length; length += 40) {
      const path = folder.write('model.json', text.slice(0, length));
      await expect(readWeights(path)).rejects.toThrow(/JSON in .*model\.json.*fetch it again/);
    }
  });
});
