import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { Model, WeightMap } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { type ImportOptions, importBase } from '../../src/weights/import-base.js';
import { PREPROCESSINGS } from '../../src/weights/preprocessings.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { writeLayersModel } from '../../src/weights/tfjs-layers.js';
import { smallModel } from '../train/small-network.js';
import { sourceWeights, topologyWeights } from './source-weights.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
afterEach(() => expect(Tensor.liveCount).toBe(0));

async function refusal(name: string, options: ImportOptions = {}): Promise<string> {
  const error: unknown = await importBase(name, options).catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

/** Writes weights into a folder of their own, with a config.json where one is given. */
async function write(name: string, weights: WeightMap, config?: object): Promise<string> {
  const path = join(folder.path, name);
  mkdirSync(dirname(path), { recursive: true });
  await writeSafetensors(path, weights);
  if (config) folder.write(join(dirname(name), 'config.json'), JSON.stringify(config));
  return path;
}

/** The import, and what was said on the way. */
async function listened(name: string, options: ImportOptions = {}): Promise<{ model: Model; said: string }> {
  const lines: string[] = [];
  const model = await importBase(name, { ...options, onProgress: (line) => lines.push(line) });
  return { model, said: lines.join('\n') };
}

/** Padding of the first strided convolution: its own, or a layer of zeros before it. */
function conventionsOf({ topology }: Model): { epsilon: unknown; hasSymmetricStem: boolean } {
  if (topology.class_name === 'Graph') throw new Error('expected layers');
  const { layers } = topology.config;
  const norm = layers.find(({ class_name }) => class_name === 'BatchNormalization');
  const padding = layers.find(({ class_name }) => class_name === 'ZeroPadding2D')?.config.padding;
  return {
    epsilon: norm?.config.epsilon,
    hasSymmetricStem: JSON.stringify(padding) === '[[1,1],[1,1]]',
  };
}

const timmConfig = {
  architecture: 'tf_efficientnet_b0',
  num_classes: 3,
  label_names: ['ant', 'bee', 'cat'],
  pretrained_cfg: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.25, 0.5], input_size: [3, 96, 96] },
};

const b0 = sourceWeights('efficientnet-b0', 'timm-tf', { classes: 3 });

describe('weights without a model', () => {
  test('are those of the one base that they fit, which is said', async () => {
    const weights = sourceWeights('efficientnet-lite0', 'efficientnet-lite', { classes: 5 });
    const path = await write('lite/weights.safetensors', weights);
    const { model, said } = await listened(path);
    expect(said).toBe(`${path} holds weights of efficientnet-lite0.`);
    expect(model.labels).toEqual(['0', '1', '2', '3', '4']);
    expect([model.imageSize, model.origin]).toEqual([224, path]);
    expect(model.weights.get('stem_conv/kernel')?.shape).toEqual([3, 3, 3, 32]);
    const kernel = model.weights.get('predictions/kernel')!;
    const own = weights.get('_fc.weight')!;
    // [classes, features] to [features, classes]
    expect([kernel.shape, kernel.data[1]]).toEqual([[1280, 5], own.data[1280]]);
  });

  test('that fit none, or several, are refused, with the way out', async () => {
    const path = await write('none/w.safetensors', new Map([['w', b0.get('classifier.bias')!]]));
    expect(await refusal(path)).toMatch(/\(1 tensors\) fit none of the bases.*--base NAME --weights/);
    const l2 = new Map([...b0].filter(([name]) => name !== 'classifier.bias'));
    expect(await refusal(await write('less/w.safetensors', l2))).toContain('fit none of the bases');
  });

  test('of timm bring padding, epsilon, scaling, size and labels by the config.json beside them', async () => {
    const path = await write('timm/model.safetensors', b0, timmConfig);
    for (const name of [path, dirname(path)]) {
      const { model, said } = await listened(name);
      expect(said).toBe('');
      expect([model.labels, model.imageSize]).toEqual([['ant', 'bee', 'cat'], 96]);
      expect(model.preprocessing).toEqual({ mean: [127.5, 127.5, 127.5], std: [127.5, 63.75, 127.5] });
      expect(conventionsOf(model)).toEqual({ epsilon: 1e-3, hasSymmetricStem: false });
    }
    const other = await write('timm/other.safetensors', b0);
    const { model } = await listened('efficientnet-b0', { weights: other, imageSize: 64 });
    expect([model.labels, model.imageSize]).toEqual([['ant', 'bee', 'cat'], 64]);
    expect(await refusal('efficientnet-b1', { weights: other })).toMatch(
      /config\.json says that .* is a tf_efficientnet_b0: use --base efficientnet-b0/,
    );
  });

  test('of timm may be its own networks, of the same names', async () => {
    const config = { ...timmConfig, architecture: 'efficientnet_b0' };
    const { model } = await listened(await write('timm-own/model.safetensors', b0, config));
    expect(conventionsOf(model)).toEqual({ epsilon: 1e-5, hasSymmetricStem: true });
  });

  test('whose names say nothing of padding are told by their file, by an option, or by what is usual', async () => {
    const tf = await write('plain/tf_efficientnet_b0.safetensors', b0);
    const own = await write('plain/efficientnet_b0_ra-3dd342df.safetensors', b0);
    const unknown = await write('plain/w.safetensors', b0);
    const epsilon = async (weights: string, options: ImportOptions = {}) => {
      const { model, said } = await listened('efficientnet-b0', { weights, ...options });
      return [conventionsOf(model).epsilon, said];
    };
    expect(await epsilon(tf)).toEqual([1e-3, '']);
    expect(await epsilon(own)).toEqual([1e-5, '']);
    expect(await epsilon(unknown, { weightsSource: 'timm' })).toEqual([1e-5, '']);
    const [usual, said] = await epsilon(unknown);
    expect(usual).toBe(1e-3);
    expect(said).toMatch(/is taken as weights of 'timm-tf'; by its names it could be of 'timm'/);
    expect(await refusal('efficientnet-b0', { weights: unknown, weightsSource: 'tim' })).toContain(
      "Unknown name map 'tim'. Did you mean 'timm'?",
    );
  });

  test('with a config.json of an unknown network, or a damaged one, are refused by its name', async () => {
    const config = { ...timmConfig, architecture: 'convnext_tiny' };
    const message = await refusal(await write('foreign/model.safetensors', b0, config));
    expect(message).toContain("Unknown architecture 'convnext_tiny'.");
    expect(message).toMatch(/Known: .*tf_efficientnet_b7.*config\.json/);
    const labels = { ...timmConfig, label_names: ['ant'] };
    expect(await refusal(await write('labels/model.safetensors', b0, labels))).toMatch(
      /The labels of .* are 1, its classifier has 3 classes/,
    );
    const path = await write('broken/model.safetensors', b0);
    folder.write('broken/config.json', '{');
    expect(await refusal(path)).toMatch(/config\.json, which tells the network .* is no JSON/);
  });
});

describe('which weights', () => {
  test('may not be said twice', async () => {
    expect(await refusal('efficientnet-b0:advprop', { weights: 'none' })).toContain(
      'Both --base efficientnet-b0:advprop and --weights none say which weights to take.',
    );
  });

  test('none, by the name', async () => {
    const model = await importBase('efficientnet-b0:none', { imageSize: 32 });
    expect([model.weights.size, model.origin]).toEqual([0, 'efficientnet-b0, random weights']);
  });
});

describe('preprocessing', () => {
  test('of a model that does not say is what is asked for', async () => {
    const saved = join(folder.path, 'saved');
    const weights = topologyWeights(smallModel().topology);
    await writeLayersModel(saved, smallModel({ weights }));
    const scaling = async (options: ImportOptions) => (await importBase(saved, options)).preprocessing;
    for (const name of ['none', 'unit', 'symmetric', 'imagenet', 'lite'] as const)
      expect(await scaling({ preprocessing: name })).toEqual(PREPROCESSINGS[name]);
    const own = { mean: [1, 2, 3], std: [4, 5, 6] } as const;
    expect(await scaling({ preprocessing: own })).toEqual(own);
    expect(await refusal(saved, { preprocessing: 'imagnet' as 'imagenet' })).toContain(
      "Unknown preprocessing 'imagnet'. Did you mean 'imagenet'?",
    );
  });
});
