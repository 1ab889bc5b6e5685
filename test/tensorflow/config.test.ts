import protobuf from 'protobufjs/minimal.js';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { encodeSessionConfig, PRECISIONS } from '../../src/tensorflow/config.js';
import { attr, Fragment, Graph, Session, Tensor } from '../../src/tensorflow/index.js';

/** The fields of a message by number: integers, or bytes. */
function fieldsOf(bytes: Uint8Array): Map<number, number | Uint8Array> {
  const reader = protobuf.Reader.create(bytes);
  const fields = new Map<number, number | Uint8Array>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    fields.set(tag >>> 3, (tag & 7) === 0 ? Number(reader.int64()) : reader.bytes());
  }
  return fields;
}

const GRAPH_OPTIONS = 10;
const REWRITE_OPTIONS = 10;

/** The RewriterConfig of a configuration, as numbers by field. */
const rewriterOf = (config: Parameters<typeof encodeSessionConfig>[0]) => {
  const graphOptions = fieldsOf(encodeSessionConfig(config)).get(GRAPH_OPTIONS) as Uint8Array;
  return Object.fromEntries(fieldsOf(fieldsOf(graphOptions).get(REWRITE_OPTIONS) as Uint8Array));
};

describe('the rewriter', () => {
  test('is left to TensorFlow by default', () => {
    expect(rewriterOf({})).toEqual({});
    expect(rewriterOf({ grappler: true })).toEqual({});
  });

  test('is switched off as a whole', () => expect(rewriterOf({ grappler: false })).toEqual({ 19: 1 }));

  test('is told the precision', () => {
    expect(rewriterOf({ precision: 'mixed-bfloat16' })).toEqual({ 31: 1 });
    expect(rewriterOf({ precision: 'mixed-float16' })).toEqual({ 23: 1 });
  });

  test.each(['mixed-bfloat16', 'mixed-float16'] as const)('switched off, it cannot bring %s', (precision) => {
    const encode = () => encodeSessionConfig({ grappler: false, precision });
    expect(encode).toThrow(InputError);
    expect(encode).toThrow(
      new RegExp(`precision ${precision} for grappler.*leave grappler on, or use float32`),
    );
  });
});

test('threads, devices and memory are where TensorFlow reads them', () => {
  const config = { intraOpThreads: 3, interOpThreads: 2, deviceCount: { CPU: 4 }, gpuMemoryGrowth: false };
  const fields = fieldsOf(encodeSessionConfig(config));
  expect(fields.get(2)).toBe(3);
  expect(fields.get(5)).toBe(2);
  expect(fieldsOf(fields.get(6) as Uint8Array).get(4)).toBe(0);
  const device = fieldsOf(fields.get(1) as Uint8Array);
  expect([Buffer.from(device.get(1) as Uint8Array).toString(), device.get(2)]).toEqual(['CPU', 4]);
});

// Of fewer than four operations TensorFlow rewrites nothing: this has more, with the gradient of a convolution.
test.each(PRECISIONS)('%s computes a convolution and its gradient', async (precision) => {
  const f = new Fragment();
  const T = { T: attr.type('float32') };
  const spatial = { ...T, strides: attr.ints([1, 1, 1, 1]), padding: attr.string('SAME') };
  f.input('x', 'float32', [1, 4, 4, 2]);
  f.input('w', 'float32', [3, 3, 2, 2]);
  const first = f.op('Relu', [f.op('Conv2D', ['x', 'w'], spatial)], T);
  f.reduce('Sum', f.op('Square', [f.op('Conv2D', [first, 'w'], spatial)], T), [0, 1, 2, 3], { name: 'loss' });
  const graph = new Graph();
  graph.import(f);
  const [gradient] = graph.gradients(['loss'], ['w'], 'gradients');
  const session = new Session(graph, { precision });
  const x = Tensor.from('float32', new Float32Array(32).fill(1), [1, 4, 4, 2]);
  const w = Tensor.from('float32', new Float32Array(36).fill(0.25), [3, 3, 2, 2]);
  const [found] = await session.run(
    [
      ['x', x],
      ['w', w],
    ],
    [gradient!],
  );
  // The loss is of degree four in w: by Euler's theorem w times its gradient is four times the loss.
  const { loss } = await session.scalars(
    [
      ['x', x],
      ['w', w],
    ],
    { loss: 'loss' },
  );
  const product = (found!.data as Float32Array).reduce((sum, value) => sum + 0.25 * value, 0);
  expect(loss).toBeGreaterThan(100);
  expect(product / (4 * loss)).toBeCloseTo(1, 2);
  for (const tensor of [x, w, found!]) tensor.dispose();
  await session.close();
  graph.dispose();
});
