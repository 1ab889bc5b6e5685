import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { exportModel } from '../../../src/export/index.js';
import { buildForward, Model, swapHead } from '../../../src/model/index.js';
import { readModel, writeModel } from '../../../src/weights/model-folder.js';
import { isGraphModel, readGraphModel } from '../../../src/weights/tfjs-graph/index.js';
import { isLayersModel } from '../../../src/weights/tfjs-layers.js';
import { mobileGraph } from '../../model/graph/graph-builder.js';
import { pseudoRandom } from '../../model/run-layers.js';
import { differing } from '../../train/run-steps.js';
import { temporaryFolder } from '../temporary-folder.js';
import { writeGraphFolder } from './graph-folder.js';
import { largestDifference, probabilities, runInTfjs } from './run-in-tfjs.js';

const folder = temporaryFolder();
const images = pseudoRandom(2 * 8 * 8 * 3, { scale: 100 }).map((value) => value + 128);
const image = images.slice(0, 192);

async function logitsOf(model: Model, values = images): Promise<Float32Array> {
  try {
    const { data } = await model.logits({ data: values, shape: [values.length / 192, 8, 8, 3] });
    return data;
  } finally {
    await model.dispose();
  }
}

describe('a graph with what MobileNets are converted to', () => {
  test.each([
    ['in float32', {}],
    ['in shards of 100 bytes', { shardBytes: 100 }],
    ['quantized to uint8', { quantization: 'uint8' as const }],
    ['quantized to uint16, in shards', { quantization: 'uint16' as const, shardBytes: 301 }],
  ])('%s gives what tfjs itself computes', async (name, options) => {
    const path = writeGraphFolder(join(folder.path, name.replaceAll(' ', '-')), mobileGraph(), options);
    expect(isGraphModel(path)).toBe(true);
    expect(isLayersModel(path)).toBe(false);
    const expected = await runInTfjs(path, image, [1, 8, 8, 3]);
    const model = new Model(await readGraphModel(path));
    const logits = await logitsOf(model, image);
    expect(expected).toHaveLength(5);
    expect(largestDifference(probabilities(logits, 5), expected)).toBeLessThan(1e-5);
  });

  test('was frozen for one image, and takes batches', async () => {
    const path = writeGraphFolder(join(folder.path, 'batch'), mobileGraph());
    const model = new Model(await readGraphModel(path));
    const both = await logitsOf(model);
    const second = await logitsOf(model, images.slice(192));
    expect(both).toHaveLength(10);
    expect(largestDifference(both.slice(5), second)).toBeLessThan(1e-5);
  });

  test('has labels by index, the size of its input, and weights with names as layers have them', async () => {
    const path = writeGraphFolder(join(folder.path, 'names'), mobileGraph());
    const { topology, weights, labels, imageSize, preprocessing } = await readGraphModel(
      join(path, 'model.json'),
    );
    expect(labels).toEqual(['0', '1', '2', '3', '4']);
    expect(imageSize).toBe(8);
    expect(preprocessing.std).toEqual([1, 1, 1]);
    expect(
      buildForward(topology, { training: true })
        .weights.map(({ name }) => name)
        .sort(),
    ).toEqual(
      [
        'branch/bias',
        'branch/kernel',
        'channel_offset/offset',
        'channel_scale/scale',
        'dwconv/bias',
        'dwconv/depthwise_kernel',
        'hidden/bias',
        'hidden/kernel',
        'predictions/bias',
        'predictions/kernel',
        'prelu/alpha',
        'stem/bias',
        'stem/kernel',
      ].sort(),
    );
    expect([...weights.keys()].length).toBe(13);
    const names = topology.config.nodes.map(({ name }) => name);
    for (const gone of ['net/dead', 'init', 'net/stop', 'net/identity', 'Identity', 'net/probabilities']) {
      expect(names).not.toContain(gone);
    }
  });

  test('leaves no tensors in tfjs', async () => {
    const path = writeGraphFolder(join(folder.path, 'clean'), mobileGraph());
    await readGraphModel(path);
    const before = memory().numTensors;
    await readGraphModel(path);
    expect(memory().numTensors).toBe(before);
  });

  test('takes the output that is asked for, and refuses one that is not there', async () => {
    const outputs = { logits: 'net/predictions/BiasAdd', embedding: 'net/hidden/Relu' };
    const path = writeGraphFolder(join(folder.path, 'outputs'), mobileGraph(), { outputs });
    expect((await readGraphModel(path)).topology.config.output).toBe('net/predictions/BiasAdd');
    const { topology } = await readGraphModel(path, { output: 'embedding' });
    expect(buildForward(topology, { training: false }).classes).toBe(7);
    await expect(readGraphModel(path, { output: 'embeding' })).rejects.toThrow(
      "Unknown output 'embeding'. Did you mean 'embedding'?",
    );
  });
});

describe('writing', () => {
  const base = async () => {
    const path = writeGraphFolder(join(folder.path, 'base'), mobileGraph());
    const model = new Model(await readGraphModel(path), { origin: path });
    return swapHead(model, { classes: ['a', 'b', 'c'], dropout: 0.25, hidden: 4, seed: 3 });
  };

  async function complete(model: Model): Promise<Model> {
    const { weights } = buildForward(model.topology, { training: false });
    const drawn = weights
      .filter(({ name }) => !model.weights.has(name))
      .map(({ name, shape }, i) => {
        const data = pseudoRandom(
          shape.reduce((x, y) => x * y, 1),
          { seed: i + 9 },
        );
        return [name, { dtype: 'float32' as const, shape, data }] as const;
      });
    return model.with({ weights: new Map([...model.weights, ...drawn]) });
  }

  test('and reading again gives the same model, bit for bit, that can be trained', async () => {
    const model = await complete(await base());
    const path = join(folder.path, 'written');
    const preprocessing = { mean: [1, 2, 3], std: [4, 5, 6] } as const;
    await writeModel(path, model.with({ preprocessing, imageSize: 12 }), { metadata: { task: 'letters' } });
    const again = await readModel(path);
    expect(again.topology).toEqual({
      ...model.topology,
      config: { ...(model.topology.config as object), name: 'graph' },
    });
    expect(differing(again.weights, model.weights)).toEqual([]);
    expect(again.labels).toEqual(['a', 'b', 'c']);
    expect(again).toMatchObject({ preprocessing, imageSize: 12, metadata: { task: 'letters' } });
    const trained = (topology: Model['topology']) =>
      buildForward(topology, { training: true }).weights.map(({ name, trainable }) => [name, trainable]);
    expect(trained(again.topology)).toEqual(trained(model.topology));
    expect(buildForward(again.topology, { training: true }).random).toBe(true);
  });

  test('exports probabilities that tfjs computes too', async () => {
    const model = await complete(await base());
    const out = join(folder.path, 'exported');
    await exportModel(model, { out, normalizedInput: true });
    const expected = probabilities(await logitsOf(model), 3);
    expect(largestDifference(await runInTfjs(out, images, [2, 8, 8, 3]), expected)).toBeLessThan(1e-5);
    const json = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8'));
    expect(json.format).toBe('graph-model');
    expect(json.userDefinedMetadata.samFinetune.labels).toEqual(['a', 'b', 'c']);
    const again = new Model(await readGraphModel(out));
    expect(largestDifference(await logitsOf(again), await logitsOf(model))).toBeLessThan(1e-5);
  });

  test('refuses what the format cannot hold, and says which can', async () => {
    const model = await complete(await base());
    const out = join(folder.path, 'refused');
    await expect(exportModel(model, { format: 'tfjs-layers', out })).rejects.toThrow(
      "Export it as 'tfjs-graph'",
    );
    await expect(exportModel(await base(), { out })).rejects.toThrow('has no values for hidden_1/kernel');
  });
});
