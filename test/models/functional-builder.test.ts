import type * as tf from '@tensorflow/tfjs';
import { expect, it, test } from 'vitest';
import { FunctionalBuilder, type LayerOutput } from '../../models/functional-builder.js';
import { padForStride } from '../../models/stride-padding.js';
import { openInTfjs } from './topology-checks.js';

const window = { kernelSize: 3, strides: 2 } as const;

test.each<[string, (net: FunctionalBuilder, x: LayerOutput) => LayerOutput, number[]]>([
  ['max pooling', (net, x) => net.maxPooling2d('y', x, window), [4, 3, 2]],
  ['average pooling', (net, x) => net.averagePooling2d('y', x, { ...window, padding: 'valid' }), [3, 2, 2]],
  ['flattening', (net, x) => net.flatten('y', x), [70]],
  [
    'max pooling behind symmetric padding',
    (net, x) => {
      const padded = padForStride(net, 'pad', x, { ...window, padding: 'symmetric' });
      return net.maxPooling2d('y', padded.x, padded.window);
    },
    [4, 3, 2],
  ],
])('knows the shape of %s, as tfjs does', async (_, add, shape) => {
  const net = new FunctionalBuilder('network');
  const input = net.input('x', [7, 5, 2]);
  const output = add(net, input);
  const model = await openInTfjs(net.topology(input, output));
  expect(output.shape).toEqual(shape);
  expect((model.outputs[0] as tf.SymbolicTensor).shape).toEqual([null, ...shape]);
  model.dispose();
});

it('puts a layer of zeros only where a window needs one', () => {
  const net = new FunctionalBuilder('network');
  const x = net.input('x', [8, 8, 2]);
  for (const each of [
    { kernelSize: 3, strides: 1, padding: 'symmetric' },
    { kernelSize: 1, strides: 2, padding: 'symmetric' },
    { kernelSize: 3, strides: 2, padding: 'same' },
  ] as const) {
    const { kernelSize, strides } = each;
    expect(padForStride(net, 'pad', x, each)).toEqual({
      x,
      window: { kernelSize, strides, padding: 'same' },
    });
  }
});

it('refuses a window over what is no image, and a name twice', () => {
  const net = new FunctionalBuilder('network');
  const x = net.input('x', [8]);
  expect(() => net.maxPooling2d('pool', x, window)).toThrow(/layer x.*\[8\]/);
  expect(() => net.input('x', [8])).toThrow(/network.*two layers named x/);
});
