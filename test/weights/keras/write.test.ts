import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cifarResnet } from '../../../models/cifar-resnet.js';
import { mobilenetV3 } from '../../../models/mobilenet-v3.js';
import { resnet } from '../../../models/resnet.js';
import type { FunctionalTopology } from '../../../models/topology.js';
import { InputError } from '../../../src/errors.js';
import { buildForward } from '../../../src/model/index.js';
import { LAYERS } from '../../../src/model/layers/index.js';
import { toPlainLayers } from '../../../src/model/plain-layers.js';
import { readHdf5 } from '../../../src/weights/keras/hdf5/read.js';
import { emptyGroup } from '../../../src/weights/keras/hdf5/tree.js';
import { writeHdf5 } from '../../../src/weights/keras/hdf5/write.js';
import {
  type KerasModelData,
  readKerasArchive,
  readKerasH5,
  withLegalNames,
  writeKerasArchive,
  writeKerasH5,
} from '../../../src/weights/keras/index.js';
import { kerasModel } from '../../../src/weights/keras/topology/index.js';
import { inKerasOrder } from '../../../src/weights/keras/topology/layer-order.js';
import { isWritten } from '../../../src/weights/keras/topology/settings.js';
import { describeModel } from '../../../src/weights/keras/topology/write.js';
import { digest } from '../../export/digest.js';
import { layerModel } from '../../model/layer-model.js';
import { topologyWeights } from '../source-weights.js';
import { temporaryFolder } from '../temporary-folder.js';

const { path: folder } = temporaryFolder();

const FORMATS = [
  ['keras', writeKerasArchive, readKerasArchive],
  ['h5', writeKerasH5, readKerasH5],
] as const;

const PREPROCESSING = { mean: [1.5, 2, 3], std: [4, 5, 6.25] } as const;

function modelOf(topology: FunctionalTopology, imageSize: number, labels = ['a', 'b', 'ü']): KerasModelData {
  const weights = topologyWeights(topology);
  return { topology, weights, labels, preprocessing: PREPROCESSING, imageSize };
}

describe.each(FORMATS)('.%s', (extension, write, read) => {
  const small = () => modelOf(toPlainLayers(cifarResnet('cifar-resnet-20', { imageSize: 8, classes: 3 })), 8);

  test('is read back: weights, what the topology computes, labels, size, preprocessing, metadata', async () => {
    const model = small();
    const path = join(folder, `whole.${extension}`);
    await write(path, model, { metadata: { task: 'digits', top1: 0.5 } });
    const file = await read(path);
    expect(digest(file.tensors)).toEqual(digest(model.weights));
    const specs = (topology: KerasModelData['topology']) =>
      buildForward(topology, { training: true }).weights.map(({ initializer: _, ...spec }) => spec);
    expect(specs(file.topology as FunctionalTopology)).toEqual(specs(model.topology));
    const { labels, imageSize, preprocessing } = model;
    expect(file).toMatchObject({ labels, imageSize, preprocessing, metadata: { task: 'digits', top1: 0.5 } });
  });

  test('equal models give equal bytes, whenever they are written, and nothing lies about', async () => {
    const model = small();
    const made = join(folder, `twice-${extension}`);
    mkdirSync(made);
    await write(join(made, 'one'), model);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await write(join(made, 'two'), model);
    expect(readFileSync(join(made, 'one')).equals(readFileSync(join(made, 'two')))).toBe(true);
    expect(readdirSync(made).sort()).toEqual(['one', 'two']);
  });

  test('a file that cannot be written leaves nothing behind', async () => {
    const made = join(folder, `fails-${extension}`);
    mkdirSync(join(made, 'taken'), { recursive: true });
    await expect(write(join(made, 'taken'), small())).rejects.toThrow();
    expect(readdirSync(made)).toEqual(['taken']);
  });

  test('labels of another number than the logits are told when it is read', async () => {
    const path = join(folder, `labels.${extension}`);
    const { labels: _, ...model } = small();
    await write(path, { ...model, labels: ['a', 'b'] });
    await expect(read(path)).rejects.toThrow(/has 3 logits and 2 labels/);
  });
});

describe('the description of a model', () => {
  test.each([2, 3] as const)('of version %i is read back as the same topology', (version) => {
    const topology = toPlainLayers(mobilenetV3('mobilenet-v3-small', { imageSize: 64 }), new Map(), {
      target: version === 2 ? 'keras-2' : 'keras-3',
    });
    const { flat, tree } = kerasModel('test', describeModel(topology, { version, imageSize: 64 }));
    expect(tree.version).toBe(version);
    const names = ({ config }: FunctionalTopology) => config.layers.map(({ name }) => name);
    expect(names(flat.topology as FunctionalTopology)).toEqual(names(topology));
    const shapes = (of: FunctionalTopology) =>
      buildForward(of, { training: false }).weights.map(({ name, shape }) => [name, shape]);
    expect(shapes(flat.topology as FunctionalTopology)).toEqual(shapes(topology));
  });

  test('is of the size that the model is used with', () => {
    const topology = resnet('resnet-50', { imageSize: 224 });
    const { flat } = kerasModel('test', describeModel(topology, { version: 3, imageSize: 96 }));
    expect(flat.topology.config.layers[0]!.config.batch_input_shape).toEqual([null, 96, 96, 3]);
  });

  test('has settings for every layer that is supported, but those that Keras does not have', () => {
    const missing = ['InputLayer', ...Object.keys(LAYERS)].filter((name) => !isWritten(name));
    expect(missing.sort()).toEqual(['ChannelPadding', 'ShakeDrop', 'ShakeShake']);
    const topology = layerModel([2, 2, 3], (b, x) =>
      b.layer('ChannelPadding', 'own', [x], { padding: 1 }, [2, 2, 4]),
    );
    const describeIt = () => describeModel(topology, { version: 3, imageSize: 2 });
    expect(describeIt).toThrow(InputError);
    expect(describeIt).toThrow(/'own' is a ChannelPadding, which Keras does not have/);
  });

  test('leaves out what a version of Keras would refuse', () => {
    const topology = layerModel([4, 4, 3], (b, x) => {
      const foreign = { groups: 1, kernel_regularizer: { class_name: 'L1L2', config: {} }, kernelSize: 3 };
      const initializer = {
        class_name: 'VarianceScaling',
        config: { mode: 'fanOut', distribution: 'normal' },
      };
      const config = {
        kernel_size: 3,
        padding: 'same',
        depthwise_initializer: initializer,
        bias_initializer: 'leCunNormal',
      };
      return b.layer('DepthwiseConv2D', 'own', [x], { ...config, ...foreign }, [4, 4, 3]);
    });
    const { config } = describeModel(topology, { version: 2, imageSize: 4 }) as {
      config: { layers: { config: object }[] };
    };
    expect(config.layers[1]!.config).toEqual({
      name: 'own',
      dtype: 'float32',
      kernel_size: 3,
      padding: 'same',
      data_format: 'channels_last',
      depthwise_initializer: {
        class_name: 'VarianceScaling',
        config: { mode: 'fan_out', distribution: 'truncated_normal' },
      },
      bias_initializer: { class_name: 'LecunNormal', config: {} },
    });
  });
});

test('slashes in the names of layers become underscores that nothing else has', () => {
  const topology = layerModel([4, 4, 3], (b, x) => {
    const scaled = b.rescaling('block_1', x, { scale: 2 });
    const dense = { units: 2, initializer: { class_name: 'Zeros', config: {} } };
    return b.dense('head/out', b.flatten('block/1', scaled), dense);
  });
  const named = withLegalNames({ topology, weights: topologyWeights(topology) });
  expect(named.topology.config.layers.map(({ name }) => name)).toEqual([
    'input',
    'block_1',
    'block_1_2',
    'head_out',
  ]);
  expect([...named.weights.keys()]).toEqual(['head_out/kernel', 'head_out/bias']);
  expect(buildForward(named.topology, { training: false }).weights.map(({ name }) => name)).toEqual([
    ...named.weights.keys(),
  ]);
  expect(topology.config.output_layers).toEqual([['head/out', 0, 0]]);
});

test('layers come in the order of Keras: by distance from the output, then as a walk from there meets them', () => {
  const topology = layerModel([4, 4, 3], (b, x) => {
    const near = b.rescaling('near', x, { scale: 2 });
    const left = b.rescaling('left', near, { scale: 3 });
    const right = b.rescaling('right', x, { scale: 4 });
    const far = b.rescaling('far', right, { scale: 5 });
    const side = b.rescaling('side', x, { scale: 6 });
    b.rescaling('nowhere', side, { scale: 7 });
    return b.add('sum', [side, left, far]);
  });
  const { config } = inKerasOrder(topology);
  // What Keras 3.15 gives as the layers of this model.
  const expected = ['input', 'near', 'right', 'side', 'left', 'far', 'sum', 'flatten'];
  expect(config.layers.map(({ name }) => name)).toEqual(expected);
});

describe('HDF5', () => {
  test('more names than one attribute holds are written in pieces', async () => {
    const path = join(folder, 'names.h5');
    const names = Array.from({ length: 9000 }, (_, i) => `layer_${i}`);
    await writeHdf5(path, emptyGroup([['layer_names', names]]));
    const { size } = statSync(path);
    const { attributes } = await readHdf5({ path, offset: 0, size });
    expect([...attributes.keys()]).toEqual(['layer_names0', 'layer_names1', 'layer_names2']);
    expect([...attributes.values()].flat()).toEqual(names);
  });

  test('a thread that fails is told', async () => {
    const root = emptyGroup();
    root.tensors.set('twice', { dtype: 'float32', shape: [3], data: new Float32Array(2) });
    const path = join(folder, 'broken.h5');
    await expect(writeHdf5(path, root)).rejects.toThrow(/HDF5 cannot be written/);
    expect(existsSync(path)).toBe(false);
  });
});
