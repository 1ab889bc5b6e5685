import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GraphTopology, Topology } from '../../../models/topology.js';
import { Model, NO_PREPROCESSING } from '../../../src/model/index.js';
import type { WeightMap } from '../../../src/model/weights.js';
import { attr } from '../../../src/tensorflow/index.js';
import { isSavedModel, readSavedModel } from '../../../src/weights/tensorflow/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type CheckpointOptions, weightsOf, writeCheckpoint } from './checkpoint-writer.js';
import {
  BIAS_KEY,
  functionModel,
  imagesOf,
  ints,
  KERNEL_KEY,
  REDUCTION,
  referenceModel,
  writtenOutNorm,
} from './models.js';
import {
  calls,
  constant,
  repeatedConstant,
  type WrittenModel,
  writeGraphDef,
  writeKerasMetadata,
  writeSavedModel,
} from './saved-model-writer.js';

const folder = temporaryFolder();

async function saved(
  name: string,
  model: WrittenModel,
  weights: WeightMap,
  options: CheckpointOptions = {},
): Promise<string> {
  const path = join(folder.path, name);
  mkdirSync(join(path, 'variables'), { recursive: true });
  writeFileSync(join(path, 'saved_model.pb'), writeSavedModel(model));
  await writeCheckpoint(join(path, 'variables', 'variables'), weights, options);
  return path;
}

/** Logits of images whose last channel is 0, 1, 2, ... and whose others are -1. */
async function logitsOf(path: string, side: number): Promise<number[]> {
  const { topology, tensors, imageSize = side } = await readSavedModel(path);
  const model = new Model({
    topology,
    weights: tensors,
    labels: [],
    preprocessing: NO_PREPROCESSING,
    imageSize,
  });
  const data = Float32Array.from({ length: side * side * 3 }, (_, i) => (i % 3 === 2 ? (i - 2) / 3 : -1));
  try {
    const { data: logits } = await model.logits({ data, shape: [1, side, side, 3] }, { preprocess: false });
    return [...logits];
  } finally {
    await model.dispose();
  }
}

const ops = (topology: Topology): string[] => (topology as GraphTopology).config.nodes.map(({ op }) => op);

const message = async (path: string): Promise<string> => {
  const error = await readSavedModel(path).catch((reason: unknown) => reason as Error);
  return (error as Error).message;
};

describe('a SavedModel of functions', () => {
  const weights = weightsOf({ [KERNEL_KEY]: [1, 2], [BIAS_KEY]: [2] });
  const names = { [KERNEL_KEY]: 'dense/kernel', [BIAS_KEY]: 'dense/bias' };

  test('is one graph, calls replaced by what they call, with the values of its variables', async () => {
    const path = await saved('functions', functionModel(), weights, { names });
    expect(isSavedModel(path)).toBe(true);
    expect(isSavedModel(join(path, 'saved_model.pb'))).toBe(true);
    const [kernel, bias] = [...weights.values()].map(({ data }) => [...(data as Float32Array)]);
    // The mean of 0, 1, ..., 15, plus one.
    const expected = kernel!.map((value, i) => 8.5 * value + bias![i]!);
    const logits = await logitsOf(path, 4);
    for (const [i, value] of expected.entries()) expect(logits[i]).toBeCloseTo(value, 5);
  });

  test('has its variables for weights, by the names that the checkpoint has for them', async () => {
    const { topology, tensors, labels, imageSize } = await readSavedModel(join(folder.path, 'functions'));
    expect(tensors).toEqual(
      new Map([
        ['dense/kernel', weights.get(KERNEL_KEY)],
        ['dense/bias', weights.get(BIAS_KEY)],
      ]),
    );
    expect(ops(topology)).not.toContain('Exotic');
    expect(topology.config).toMatchObject({ name: 'functions', input: 'serving_default_images' });
    expect([labels, imageSize]).toEqual([['0', '1'], 4]);
  });

  test('goes by the names of variables where nothing restores them', async () => {
    const path = await saved(
      'unrestored',
      { ...functionModel(), restoreNode: '' },
      weightsOf({ Variable: [1, 2], 'dense/bias': [2] }),
    );
    const { tensors } = await readSavedModel(path);
    expect([...tensors.values()].map(({ shape }) => shape)).toEqual([[1, 2], [2]]);
  });

  test('without the values of a variable is refused with its name', async () => {
    const path = await saved('valueless', functionModel(), weightsOf({ [KERNEL_KEY]: [1, 2] }));
    expect(await message(path)).toMatch(
      /a value of the variable 'dense\/bias' .*variables\.index, received none/,
    );
  });

  test('whose variable is written to is refused with the operation', async () => {
    const model = functionModel();
    const forward = model.functions![1]!;
    const nodes = forward.nodes.map((node) =>
      node.name === 'Read' ? { ...node, op: 'ResourceGather' } : node,
    );
    const functions = [model.functions![0]!, { ...forward, nodes }, model.functions![2]!];
    const ops = { ...model.ops, ResourceGather: { value: {} } };
    const path = await saved('gathered', { ...model, functions, ops }, weights);
    expect(await message(path)).toMatch(
      /'StatefulPartitionedCall\/Call\/Read' \(ResourceGather\).*Save the model/,
    );
  });

  test('whose functions call themselves is refused', async () => {
    const model = functionModel();
    const [signature, forward, restore] = model.functions!;
    const nodes = signature!.nodes.map((node) =>
      node.name === 'Call' ? { ...node, attributes: { f: calls('signature') } } : node,
    );
    const functions = [{ ...signature!, nodes }, forward!, restore!];
    const path = await saved('endless', { ...model, functions }, weights);
    expect(await message(path)).toMatch(/endless\/saved_model\.pb.*functions that make a larger one/);
  });

  test('without a signature for images is refused with what it has', async () => {
    const { signature, ...model } = functionModel();
    const path = await saved(
      'other',
      { ...model, signature: { ...signature!, inputShape: [-1, 9] } },
      weights,
    );
    expect(await message(path)).toMatch(
      /no signature that takes images.*serving_default\(images \[-1,9\]\) -> logits/,
    );
  });
});

test('a SavedModel of TensorFlow 1 has the values that its assignments take', async () => {
  const weights = weightsOf({ 'net/kernel': [3, 2], 'net/kernel/ExponentialMovingAverage': [3, 2] });
  const { topology, tensors } = await readSavedModel(await saved('references', referenceModel(), weights));
  expect([...tensors.values()]).toEqual([weights.get('net/kernel/ExponentialMovingAverage')]);
  expect(ops(topology)).toEqual(['Placeholder', 'Const', 'Mean', 'Const', 'MatMul']);
});

test('a batch normalization that is written out becomes one that trains', async () => {
  const path = folder.write('norm.pb', writeGraphDef({ nodes: writtenOutNorm() }));
  const { topology, tensors } = await readSavedModel(path);
  expect(ops(topology).filter((op) => op !== 'Const' && op !== 'Placeholder')).toEqual([
    'Conv2D',
    'FusedBatchNormV3',
    'Mean',
  ]);
  expect([...tensors].map(([name, { data }]) => [name, [...data]])).toEqual([
    ['conv/kernel', [1, 0, 0, 1, 0, 1]],
    ['bn/gamma', [1, 1]],
    ['bn/beta', [3, 4]],
    ['bn/moving_mean', [5, 6]],
    ['bn/moving_variance', [8, 15]],
  ]);
  // Pixels are -1, -1 and 0, 1, 2, 3: (x - mean) / sqrt(variance + 1) + beta, and then the mean.
  const logits = await logitsOf(path, 2);
  expect(logits[0]).toBeCloseTo((-1 - 5) / 3 + 3, 5);
  expect(logits[1]).toBeCloseTo((0.5 - 6) / 4 + 4, 5);
});

describe('a frozen graph', () => {
  const FLOAT = { T: attr.type('float32') };
  const nodes = [
    { name: 'input', op: 'Placeholder', attributes: imagesOf(8) },
    ints('axes', [1, 2]),
    { name: 'Mean', op: 'Mean', inputs: ['input', 'axes'], attributes: REDUCTION },
    constant('kernel', [1, 2, 3, 4, 5, 6], [3, 2]),
    { name: 'MatMul', op: 'MatMul', inputs: ['Mean', 'kernel'], attributes: FLOAT },
    repeatedConstant('bias', 0.5, [2]),
    { name: 'output', op: 'BiasAdd', inputs: ['MatMul', 'bias'], attributes: FLOAT },
  ];

  test('takes its placeholder and gives its last node', async () => {
    const path = folder.write('frozen.pb', writeGraphDef({ nodes }));
    expect(isSavedModel(path)).toBe(true);
    const { topology, imageSize } = await readSavedModel(path);
    expect((topology as GraphTopology).config).toMatchObject({ input: 'input', output: 'output' });
    expect(imageSize).toBe(8);
    // Means are -1, -1 and 31.5.
    expect(await logitsOf(path, 8)).toEqual([-1 - 3 + 31.5 * 5 + 0.5, -2 - 4 + 31.5 * 6 + 0.5]);
  });

  test('with a constant of an absurd size is refused before memory is taken', async () => {
    const hostile = nodes.map((node) =>
      node.name === 'bias' ? repeatedConstant('bias', 0, [1e9, 1e4]) : node,
    );
    const path = folder.write('hostile.pb', writeGraphDef({ nodes: hostile }));
    expect(await message(path)).toMatch(/hostile\.pb, received a shape of 10000000000000/);
  });

  test('that goes round in a circle is refused', async () => {
    const circle = nodes.map((node) =>
      node.name === 'MatMul' ? { ...node, inputs: ['output', 'kernel'] } : node,
    );
    const last = { name: 'last', op: 'Identity', inputs: ['output'], attributes: FLOAT };
    const path = folder.write('circle.pb', writeGraphDef({ nodes: [...circle, last] }));
    expect(await message(path)).toMatch(/a graph without circles in .*circle\.pb/);
  });

  test('with variables is refused with their names', async () => {
    const variable = { name: 'net/bias', op: 'VariableV2', attributes: {} };
    const sum = nodes.map((node) =>
      node.name === 'output' ? { ...node, inputs: ['MatMul', 'net/bias'] } : node,
    );
    const path = folder.write('thawed.pb', writeGraphDef({ nodes: [...sum, variable] }));
    expect(await message(path)).toMatch(
      /thawed\.pb has variables without values \(net\/bias\).*Name the folder/,
    );
  });
});

describe('a SavedModel of Keras 2', () => {
  const tuple = (...items: (number | null)[]) => ({ class_name: '__tuple__', items });
  const config = {
    name: 'sequential',
    layers: [
      { class_name: 'InputLayer', config: { name: 'input', batch_input_shape: tuple(null, 4, 4, 3) } },
      { class_name: 'GlobalAveragePooling2D', config: { name: 'pool' } },
      { class_name: 'Dense', config: { name: 'dense', units: 2, activation: 'softmax' } },
    ],
  };

  async function kerasModel(name: string, metadata: unknown): Promise<string> {
    const path = await saved(name, functionModel(), weightsOf({ 'dense/kernel': [3, 2], 'dense/bias': [2] }));
    writeFileSync(join(path, 'keras_metadata.pb'), writeKerasMetadata(metadata));
    return path;
  }

  test('has its layers, and weights by their names', async () => {
    const path = await kerasModel('keras', { class_name: 'Sequential', config, save_spec: null });
    const { topology, tensors, labels, imageSize, preprocessing } = await readSavedModel(path);
    expect(topology.class_name).toBe('Sequential');
    expect((topology.config as typeof config).layers[0]!.config.batch_input_shape).toEqual([null, 4, 4, 3]);
    expect([...tensors.keys()]).toEqual(['dense/bias', 'dense/kernel']);
    expect([labels, imageSize]).toEqual([['0', '1'], 4]);
    expect(preprocessing).toEqual({ mean: [0, 0, 0], std: [1, 1, 1] });
  });

  test('whose description is no JSON is refused with its path', async () => {
    const path = await kerasModel('broken', '{"class_name": "Sequential", ');
    expect(await message(path)).toMatch(/broken\/keras_metadata\.pb, received other text/);
  });
});
