import { attr } from '../../../src/tensorflow/index.js';
import { bytes, message } from '../../../src/tensorflow/proto.js';
import {
  calls,
  constant,
  floats,
  textConstant,
  variable,
  type WrittenModel,
  type WrittenNode,
} from './saved-model-writer.js';

const FLOAT = { T: attr.type('float32') };
/** Attributes of a reduction. */
export const REDUCTION = { ...FLOAT, Tidx: attr.type('int32') };

/** Keys of the variables of {@link functionModel} in its checkpoint. */
export const KERNEL_KEY = 'layers/0/_kernel/.ATTRIBUTES/VARIABLE_VALUE';
export const BIAS_KEY = 'layers/0/bias/.ATTRIBUTES/VARIABLE_VALUE';

const read = (name: string, resource: string): WrittenNode => ({
  name,
  op: 'ReadVariableOp',
  inputs: [resource],
  attributes: { dtype: attr.type('float32') },
});

/**
 * A model as TensorFlow 2 writes it: a call of a function that calls another one, variables that are handed in, and
 * a function that restores them. It gives the mean of the last channel, plus one, times a matrix, plus a bias.
 */
export function functionModel(): WrittenModel {
  return {
    nodes: [
      { name: 'serving_default_images', op: 'Placeholder', attributes: imagesOf(4) },
      variable('kernel', [1, 2], 'Variable'),
      variable('bias_1', [2], 'dense/bias'),
      {
        name: 'StatefulPartitionedCall',
        op: 'StatefulPartitionedCall',
        inputs: ['serving_default_images', 'kernel', 'bias_1'],
        attributes: { f: calls('signature') },
      },
      { name: 'saver_filename', op: 'Placeholder', attributes: { dtype: attr.type('string') } },
      {
        name: 'restore',
        op: 'StatefulPartitionedCall',
        inputs: ['saver_filename', 'bias_1', 'kernel'],
        attributes: { f: calls('traced_restore') },
      },
    ],
    functions: [
      {
        name: 'signature',
        args: ['images', 'resource_kernel', 'resource_bias'],
        nodes: [
          {
            name: 'Call',
            op: 'StatefulPartitionedCall',
            inputs: ['images', 'resource_kernel', 'resource_bias'],
            attributes: { f: calls('forward') },
          },
          { name: 'NoOp', op: 'NoOp', inputs: ['^Call'] },
          { name: 'Identity', op: 'Identity', inputs: ['Call:output:0', '^NoOp'], attributes: FLOAT },
        ],
        returns: { logits: 'Identity:output:0' },
      },
      {
        name: 'forward',
        args: ['x', 'resource_0', 'resource_1'],
        nodes: [
          ints('axes', [1, 2]),
          { name: 'Mean', op: 'Mean', inputs: ['x', 'axes:output:0'], attributes: REDUCTION },
          ints('dim', [1], []),
          constant('one', [1], []),
          { name: 'unused', op: 'Exotic', inputs: ['Mean:output:0'] },
          {
            name: 'split',
            op: 'Split',
            inputs: ['dim:output:0', 'Mean:output:0'],
            attributes: { num_split: attr.int(3) },
          },
          { name: 'add', op: 'AddV2', inputs: ['split:output:2', 'one:output:0'], attributes: FLOAT },
          read('Read', 'resource_0'),
          read('Read_1', 'resource_1'),
          { name: 'MatMul', op: 'MatMul', inputs: ['add:z:0', 'Read:value:0'], attributes: FLOAT },
          {
            name: 'BiasAdd',
            op: 'BiasAdd',
            inputs: ['MatMul:product:0', 'Read_1:value:0'],
            attributes: FLOAT,
          },
        ],
        returns: { output_0: 'BiasAdd:output:0' },
      },
      {
        name: 'traced_restore',
        args: ['file_prefix', 'resource_a', 'resource_b'],
        nodes: [
          textConstant('names', [KERNEL_KEY, BIAS_KEY]),
          textConstant('slices', ['', '']),
          {
            name: 'RestoreV2',
            op: 'RestoreV2',
            inputs: ['file_prefix', 'names:output:0', 'slices:output:0'],
            attributes: { dtypes: floats(2) },
          },
          { name: 'First', op: 'Identity', inputs: ['RestoreV2:tensors:0'] },
          { name: 'Second', op: 'Identity', inputs: ['RestoreV2:tensors:1'] },
          { name: 'AssignB', op: 'AssignVariableOp', inputs: ['resource_b', 'First:output:0'] },
          { name: 'AssignA', op: 'AssignVariableOp', inputs: ['resource_a', 'Second:output:0'] },
        ],
        returns: { done: 'file_prefix' },
      },
    ],
    ops: {
      StatefulPartitionedCall: { output: { list: 'Tout' } },
      Const: { output: {} },
      Identity: { output: {} },
      Mean: { output: {} },
      Split: { output: { number: 'num_split' } },
      AddV2: { z: {} },
      ReadVariableOp: { value: {} },
      MatMul: { product: {} },
      BiasAdd: { output: {} },
      RestoreV2: { tensors: { list: 'dtypes' } },
    },
    signature: {
      input: 'serving_default_images:0',
      inputShape: [-1, 4, 4, 3],
      output: 'StatefulPartitionedCall:0',
      outputShape: [-1, 2],
    },
    restoreNode: 'restore',
  };
}

/** A model as TensorFlow 1 writes it: variables by reference, restored by assignments that a node waits for. */
export function referenceModel(): WrittenModel {
  const variableAttributes = { dtype: attr.type('float32'), shape: attr.shape([3, 2]) };
  return {
    nodes: [
      { name: 'images', op: 'Placeholder', attributes: imagesOf(4) },
      { name: 'net/kernel', op: 'VariableV2', attributes: variableAttributes },
      { name: 'net/kernel/read', op: 'Identity', inputs: ['net/kernel'], attributes: FLOAT },
      ints('axes', [1, 2]),
      { name: 'Mean', op: 'Mean', inputs: ['images', 'axes'], attributes: REDUCTION },
      { name: 'logits', op: 'MatMul', inputs: ['Mean', 'net/kernel/read'], attributes: FLOAT },
      textConstant('save/Const', ['model']),
      textConstant('save/names', ['net/kernel/ExponentialMovingAverage']),
      textConstant('save/slices', ['']),
      { name: 'save/RestoreV2', op: 'RestoreV2', inputs: ['save/Const', 'save/names', 'save/slices'] },
      { name: 'save/Assign', op: 'Assign', inputs: ['net/kernel', 'save/RestoreV2'] },
      { name: 'save/restore_all', op: 'NoOp', inputs: ['^save/Assign'] },
    ],
    signature: { input: 'images:0', inputShape: [-1, 4, 4, 3], output: 'logits:0', outputShape: [-1, 2] },
    restoreNode: 'save/restore_all',
    tags: [],
  };
}

/** A convolution and a batch normalization in single operations, whose epsilon is 1, and which does not scale. */
export function writtenOutNorm(): WrittenNode[] {
  const op = (name: string, kind: string, ...inputs: string[]) => ({
    name,
    op: kind,
    inputs,
    attributes: FLOAT,
  });
  const strides = message(bytes(1, message(bytes(3, Uint8Array.of(1, 1, 1, 1)))));
  const convolution = { ...FLOAT, strides, padding: attr.string('SAME'), data_format: attr.string('NHWC') };
  return [
    { name: 'net/images', op: 'Placeholder', attributes: imagesOf(2) },
    constant('net/conv/kernel', [1, 0, 0, 1, 0, 1], [1, 1, 3, 2]),
    {
      name: 'net/conv/Conv2D',
      op: 'Conv2D',
      inputs: ['net/images', 'net/conv/kernel'],
      attributes: convolution,
    },
    constant('net/bn/beta', [3, 4], [2]),
    constant('net/bn/moving_mean', [5, 6], [2]),
    constant('net/bn/moving_variance', [8, 15], [2]),
    constant('net/bn/add/y', [1], []),
    op('net/bn/add', 'AddV2', 'net/bn/moving_variance', 'net/bn/add/y'),
    op('net/bn/Rsqrt', 'Rsqrt', 'net/bn/add'),
    op('net/bn/mul', 'Mul', 'net/conv/Conv2D', 'net/bn/Rsqrt'),
    op('net/bn/mul_1', 'Mul', 'net/bn/moving_mean', 'net/bn/Rsqrt'),
    op('net/bn/sub', 'Sub', 'net/bn/beta', 'net/bn/mul_1'),
    op('net/bn/add_1', 'AddV2', 'net/bn/mul', 'net/bn/sub'),
    ints('net/axes', [1, 2]),
    { name: 'net/logits', op: 'Mean', inputs: ['net/bn/add_1', 'net/axes'], attributes: REDUCTION },
  ];
}

/** Attributes of a placeholder of images. */
export const imagesOf = (side: number) => ({
  dtype: attr.type('float32'),
  shape: attr.shape([-1, side, side, 3]),
});

/** A constant of int32 numbers. */
export function ints(
  name: string,
  values: readonly number[],
  shape: readonly number[] = [values.length],
): WrittenNode {
  const value = attr.tensor('int32', Int32Array.from(values), shape);
  return { name, op: 'Const', attributes: { dtype: attr.type('int32'), value } };
}
