import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InputError } from '../../src/errors.js';
import { type ImportOptions, importBase } from '../../src/weights/import-base.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { writeLayersModel } from '../../src/weights/tfjs-layers.js';
import { startHub } from '../hub/local-hub.js';
import { smallModel } from '../train/small-network.js';
import { sourceWeights, topologyWeights } from './source-weights.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const hub = await startHub();
const cache = join(folder.path, 'cache');
const options: ImportOptions = { cache, imageSize: 32, onProgress: () => {} };

beforeEach(() => {
  vi.stubEnv('HF_ENDPOINT', hub.url);
  for (const name of ['HF_HOME', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE'])
    vi.stubEnv(name, '');
});
afterEach(() => vi.unstubAllEnvs());

const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

async function refusal(name: string, given = options): Promise<string> {
  const error: unknown = await importBase(name, given).catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

describe('a repository', () => {
  test('of timm is its network with its weights', async () => {
    const path = join(folder.path, 'timm.safetensors');
    await writeSafetensors(path, sourceWeights('efficientnet-lite0', 'timm-tf', { classes: 4 }));
    const config = {
      architecture: 'tf_efficientnet_lite0',
      num_classes: 4,
      pretrained_cfg: { mean: [0, 0, 0], std: [1, 1, 1], input_size: [3, 224, 224] },
    };
    hub.behaviour = { files: { 'config.json': json(config), 'model.safetensors': readFileSync(path) } };
    const model = await importBase('hf:owner/name', options);
    expect([model.labels.length, model.imageSize]).toEqual([4, 32]);
    expect(model.preprocessing).toEqual({ mean: [0, 0, 0], std: [255, 255, 255] });
    expect(model.origin).toBe('hf:owner/name');
    expect(model.topology.config.name).toBe('efficientnetlite0');
    // What is here already is enough where the network is gone.
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await importBase('hf:owner/name', options)).labels.length).toBe(4);
    vi.stubEnv('HF_HUB_OFFLINE', '');
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
    expect((await importBase('hf:owner/name/model.safetensors', options)).labels.length).toBe(4);
    expect(await refusal('hf:owner/name/other.safetensors')).toMatch(
      /other\.safetensors of owner\/name could not be fetched.*not in the cache/,
    );
  });

  test('of tfjs is the model with its shards', async () => {
    const saved = join(folder.path, 'saved');
    const weights = topologyWeights(smallModel().topology);
    const given = smallModel({ weights });
    await writeLayersModel(saved, given);
    const files: Record<string, Uint8Array> = {};
    const manifest = JSON.parse(readFileSync(join(saved, 'model.json'), 'utf8'));
    const shards: string[] = manifest.weightsManifest.flatMap(({ paths }: { paths: string[] }) => paths);
    for (const file of ['model.json', ...shards]) files[file] = readFileSync(join(saved, file));
    hub.behaviour = { files };
    const model = await importBase('hf:owner/name@v1', { cache, onProgress: () => {} });
    expect([model.labels, model.preprocessing]).toEqual([given.labels, given.preprocessing]);
    expect(model.weights.size).toBe(weights.size);
    files['model.json'] = json({ ...manifest, weightsManifest: 3 });
    const elsewhere = { ...options, cache: `${cache}2` };
    expect(await refusal('hf:owner/name@v1', elsewhere)).toContain('lists no files of weights');
  });

  test('that does not tell which file is the model is refused, with its files', async () => {
    hub.behaviour = {
      files: { 'a.safetensors': json({}), 'b.safetensors': json({}), 'README.md': json({}) },
    };
    expect(await refusal('hf:owner/name')).toMatch(
      /which file of owner\/name is the model. Name it: --base hf:owner\/name\/FILE. Its files: a\.safetensors, b/,
    );
  });
});
