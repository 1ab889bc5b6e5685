import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildForward } from '../../../src/model/index.js';
import type { WeightMap } from '../../../src/model/weights.js';
import { writeModel } from '../../../src/weights/model-folder.js';
import { writeLayersModel } from '../../../src/weights/tfjs-layers.js';
import { foldedGraph } from '../../model/graph/folded-graph.js';
import { smallModel, smallTopology } from '../../train/small-network.js';
import { fixture } from '../fixtures.js';
import { fixture as flaxFixture } from '../flax/fixtures.js';
import { type H5Group, writeH5 } from '../keras/h5-writer.js';
import { CLASSIFIER3 } from '../keras/models.js';
import { weightsOf, writeCheckpoint } from '../tensorflow/checkpoint-writer.js';
import { BIAS_KEY, functionModel, KERNEL_KEY } from '../tensorflow/models.js';
import { writeSavedModel } from '../tensorflow/saved-model-writer.js';
import { writeZip } from '../zip-writer.js';

/** A sound model or file of weights of one format, small, so that damage hits its structure as well as its values. */
export interface Sample {
  /** The row of `WEIGHT_FORMATS` that reads it. */
  format: string;
  /** Writes it into an empty folder and gives the path that is read: the folder itself, or a file in it. */
  write(folder: string): Promise<string>;
}

const file = (format: string, name: string, content: () => Uint8Array): Sample => ({
  format,
  async write(folder) {
    const path = join(folder, name);
    writeFileSync(path, content());
    return path;
  },
});

const described = {
  labels: ['a', 'b', 'c'],
  preprocessing: { mean: [0, 0, 0], std: [1, 1, 1] },
  imageSize: 8,
} as const;

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const kernel: [Float32Array, number[]] = [Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]];
const bias = Float32Array.of(7, 8);
const dense: H5Group = { attributes: { name: 'predictions' }, datasets: { 0: kernel, 1: bias } };

/** Weights alone in the layout of Keras 3. */
const OBJECTS: H5Group = { groups: { layers: { groups: { dense: { groups: { vars: dense } } } } } };

/** A whole model in the old layout. */
function denseFile(): H5Group {
  const predictions: H5Group = {
    attributes: { weight_names: ['predictions/kernel:0', 'predictions/bias:0'] },
    groups: { predictions: { datasets: { 'kernel:0': kernel, 'bias:0': bias } } },
  };
  return {
    attributes: { model_config: JSON.stringify(CLASSIFIER3), keras_version: '3.15.1' },
    groups: {
      model_weights: { attributes: { layer_names: ['predictions'] }, groups: { predictions } },
    },
  };
}

/** The weights of the small network: numbers that are told apart. */
function smallWeights(): WeightMap {
  const { weights } = buildForward(smallTopology(), { training: false });
  return new Map(
    weights.map(({ name, shape }) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1));
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
}

/** One or more a format. */
export const SAMPLES: readonly Sample[] = [
  file('safetensors', 'model.safetensors', () => fixture('safetensors')),
  file('pytorch', 'zip.pth', () => fixture('zip')),
  file('pytorch', 'legacy.pth', () => fixture('legacy')),
  file('flax', 'checkpoint', () => flaxFixture('published')),
  {
    format: 'tfjs-layers',
    async write(folder) {
      const path = join(folder, 'model');
      await writeLayersModel(path, { ...described, topology: smallTopology(), weights: smallWeights() });
      return path;
    },
  },
  {
    format: 'tfjs-graph',
    async write(folder) {
      const path = join(folder, 'model');
      const { topology, weights } = foldedGraph(smallModel({ weights: smallWeights() }));
      await writeModel(path, { ...described, topology, weights });
      return path;
    },
  },
  {
    format: 'keras-h5',
    write: (folder) => writeH5(join(folder, 'model.h5'), denseFile()),
  },
  {
    format: 'keras-h5',
    write: (folder) => writeH5(join(folder, 'model.weights.h5'), OBJECTS),
  },
  {
    format: 'keras',
    async write(folder) {
      const weights = await writeH5(join(folder, 'model.weights.h5'), OBJECTS);
      const members = [
        { name: 'metadata.json', bytes: json({ keras_version: '3.15.1' }) },
        { name: 'config.json', bytes: json(CLASSIFIER3) },
        { name: 'model.weights.h5', bytes: readFileSync(weights) },
      ];
      rmSync(weights);
      const path = join(folder, 'model.keras');
      writeFileSync(path, writeZip(members));
      return path;
    },
  },
  {
    format: 'tensorflow-checkpoint',
    async write(folder) {
      const path = join(folder, 'model.ckpt');
      await writeCheckpoint(path, weightsOf({ 'net/kernel': [3, 2], 'net/bias': [2], 'net/gamma': [4] }));
      return path;
    },
  },
  {
    format: 'saved-model',
    async write(folder) {
      const path = join(folder, 'saved');
      mkdirSync(join(path, 'variables'), { recursive: true });
      writeFileSync(join(path, 'saved_model.pb'), writeSavedModel(functionModel()));
      await writeCheckpoint(
        join(path, 'variables', 'variables'),
        weightsOf({ [KERNEL_KEY]: [1, 2], [BIAS_KEY]: [2] }),
        { names: { [KERNEL_KEY]: 'kernel', [BIAS_KEY]: 'bias' } },
      );
      return path;
    },
  },
];
