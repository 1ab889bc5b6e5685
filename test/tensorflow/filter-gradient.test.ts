import { describe, expect, test } from 'vitest';
import {
  attr,
  Fragment,
  Graph,
  type Output,
  Session,
  sameBorder,
  Tensor,
} from '../../src/tensorflow/index.js';
import { lacksAvx512, usesOnednn } from '../../src/tensorflow/processor.js';
import { expectClose } from '../optimize/expect-close.js';

const BATCH = 3;
const CHANNELS = 5;
const T = { T: attr.type('float32') };

interface Case {
  size: readonly [height: number, width: number];
  taps: readonly [down: number, across: number];
  stride: 1 | 2;
  padding: 'SAME' | 'VALID';
}

/** Numbers between -1 and 1, each time the same. */
function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));
}

const placesOf = ({ size, taps, stride, padding }: Case) =>
  size.map((side, axis) => Math.ceil((padding === 'SAME' ? side : side - taps[axis]! + 1) / stride)) as [
    number,
    number,
  ];

function convolution(f: Fragment, x: Output, filter: Output, { stride, padding }: Case): Output {
  return f.op('DepthwiseConv2dNative', [x, filter], {
    ...T,
    strides: attr.ints([1, stride, stride, 1]),
    dilations: attr.ints([1, 1, 1, 1]),
    padding: attr.string(padding),
    data_format: attr.string('NHWC'),
  });
}

/** A pass with a loss of which the gradient of the convolution's output is `incoming`. */
function passOf(each: Case, channels = CHANNELS, multiplier = 1): Fragment {
  const f = new Fragment();
  f.input('x', 'float32', [-1, ...each.size, channels]);
  f.input('filter', 'float32', [...each.taps, channels, multiplier]);
  f.input('incoming', 'float32', [-1, ...placesOf(each), channels * multiplier]);
  const y = f.identity(convolution(f, 'x', 'filter', each), 'y');
  f.reduce('Sum', f.math('Mul', [y, 'incoming']), [0, 1, 2, 3], { name: 'loss' });
  return f;
}

/** Term by term. */
function expected(each: Case, x: Float32Array, incoming: Float32Array): number[] {
  const { size, taps, stride, padding } = each;
  const [height, width] = size;
  const [rows, columns] = placesOf(each);
  const before = size.map((side, axis) =>
    padding === 'SAME' ? sameBorder(side, { extent: taps[axis]!, stride })[0] : 0,
  );
  const result: number[] = [];
  for (let i = 0; i < taps[0]; i++)
    for (let j = 0; j < taps[1]; j++)
      for (let c = 0; c < CHANNELS; c++) {
        let sum = 0;
        for (let n = 0; n < BATCH; n++)
          for (let r = 0; r < rows; r++)
            for (let s = 0; s < columns; s++) {
              const [y, z] = [r * stride + i - before[0]!, s * stride + j - before[1]!];
              if (y < 0 || y >= height || z < 0 || z >= width) continue;
              sum +=
                x[((n * height + y) * width + z) * CHANNELS + c]! *
                incoming[((n * rows + r) * columns + s) * CHANNELS + c]!;
            }
        result.push(sum);
      }
  return result;
}

function valuesOf(each: Case) {
  const [rows, columns] = placesOf(each);
  const shape = [BATCH, rows, columns, CHANNELS];
  return {
    x: numbers(BATCH * each.size[0] * each.size[1] * CHANNELS, 1),
    filter: numbers(each.taps[0] * each.taps[1] * CHANNELS, 2),
    incoming: numbers(
      shape.reduce((a, b) => a * b),
      3,
    ),
  };
}

async function run(graph: Graph, feeds: Record<string, [Float32Array, number[]]>, fetches: Output[]) {
  const session = new Session(graph);
  const tensors = Object.entries(feeds).map(
    ([name, [values, shape]]) => [name, Tensor.from('float32', values, shape)] as const,
  );
  const results = await session.run(tensors, fetches);
  const read = results.map((each) => ({ shape: each.shape, values: Array.from(each.data, Number) }));
  for (const each of [...results, ...tensors.map(([, tensor]) => tensor)]) each.dispose();
  await session.close();
  return read;
}

const feedsOf = (each: Case, prefix = ''): Record<string, [Float32Array, number[]]> => {
  const { x, filter, incoming } = valuesOf(each);
  return {
    [`${prefix}x`]: [x, [BATCH, ...each.size, CHANNELS]],
    [`${prefix}filter`]: [filter, [...each.taps, CHANNELS, 1]],
    [`${prefix}incoming`]: [incoming, [BATCH, ...placesOf(each), CHANNELS]],
  };
};

const expectFilter = (filter: readonly number[], wanted: readonly number[]) =>
  expectClose({ filter: [...filter] }, { filter: [...wanted] }, 2e-6);

const SLOW: Case[] = [
  { size: [2, 2], taps: [5, 5], stride: 1, padding: 'SAME' },
  { size: [4, 4], taps: [5, 5], stride: 1, padding: 'SAME' },
  { size: [4, 4], taps: [5, 5], stride: 2, padding: 'SAME' },
  { size: [1, 1], taps: [5, 5], stride: 1, padding: 'SAME' },
  { size: [1, 1], taps: [3, 3], stride: 2, padding: 'SAME' },
  { size: [2, 2], taps: [3, 3], stride: 2, padding: 'SAME' },
  { size: [2, 6], taps: [3, 3], stride: 1, padding: 'SAME' },
  { size: [3, 2], taps: [7, 7], stride: 1, padding: 'SAME' },
  { size: [3, 5], taps: [4, 4], stride: 2, padding: 'SAME' },
];
const WIDE: Case[] = [
  { size: [7, 7], taps: [5, 5], stride: 1, padding: 'SAME' },
  { size: [9, 6], taps: [5, 5], stride: 1, padding: 'VALID' },
  { size: [5, 6], taps: [5, 5], stride: 2, padding: 'VALID' },
  { size: [9, 8], taps: [3, 7], stride: 1, padding: 'SAME' },
  { size: [8, 8], taps: [4, 4], stride: 1, padding: 'SAME' },
];
const QUICK: Case[] = [
  { size: [8, 8], taps: [3, 3], stride: 1, padding: 'SAME' },
  { size: [8, 7], taps: [3, 3], stride: 2, padding: 'SAME' },
  { size: [9, 9], taps: [3, 3], stride: 1, padding: 'VALID' },
  { size: [14, 14], taps: [5, 5], stride: 2, padding: 'SAME' },
];
const nameOf = ({ size, taps, stride, padding }: Case) =>
  `${size.join(' x ')} px, ${taps.join(' x ')} taps, stride ${stride}, ${padding}`;
const named = (cases: readonly Case[]) => cases.map((each) => [nameOf(each), each] as const);

describe("the gradient of a depthwise convolution's filter is the sum over all places", () => {
  test.each(named([...SLOW, ...WIDE, ...QUICK]))('%s', async (_, each) => {
    const graph = new Graph();
    graph.import(passOf(each));
    const [filter, x] = graph.gradients(['loss'], ['filter', 'x'], 'g');
    const isOwn = SLOW.includes(each) || (WIDE.includes(each) && lacksAvx512());
    expect(graph.has('g/filters/filter0')).toBe(usesOnednn() && isOwn);
    const [found, ofImages] = await run(graph, feedsOf(each), [filter!, x!]);
    expect(found!.shape).toEqual([...each.taps, CHANNELS, 1]);
    const values = valuesOf(each);
    expectFilter(found!.values, expected(each, values.x, values.incoming));
    expect(ofImages!.shape).toEqual([BATCH, ...each.size, CHANNELS]);
    graph.dispose();
  });
});

describe('it is that of the outputs that are asked for', () => {
  const [each] = SLOW as [Case];
  const values = valuesOf(each);
  const wanted = expected(each, values.x, values.incoming);

  test('when other passes use the filter too', async () => {
    const graph = new Graph();
    graph.import(passOf(each));
    for (const pass of ['before', 'after'])
      graph.import(passOf(each), pass, { filter: 'filter', x: 'x', incoming: 'incoming' });
    const [gradient] = graph.gradients(['after/loss'], ['filter'], 'g');
    expect(graph.has('g/filters/filter0')).toBe(usesOnednn());
    const [found] = await run(graph, feedsOf(each), [gradient!]);
    expectFilter(found!.values, wanted);
    graph.dispose();
  });

  test('when they come after another pass, as far as gradients go back', async () => {
    const graph = new Graph();
    graph.import(passOf(each));
    const stop = new Fragment();
    const ahead = stop.math('Mul', [stop.input('x'), stop.input('loss')]);
    stop.math('StopGradient', [stop.math('Sub', ['x', stop.math('Sub', [ahead, ahead])])], 'float32', 'x2');
    graph.import(stop, 'between', { x: 'x', loss: 'loss' });
    graph.import(passOf(each), 'second', { filter: 'filter', x: 'between/x2', incoming: 'incoming' });
    const [gradient] = graph.gradients(['second/loss'], ['filter'], 'g');
    expect(graph.has('g/filters/filter0')).toBe(usesOnednn());
    const [found] = await run(graph, feedsOf(each), [gradient!]);
    expectFilter(found!.values, wanted);
    graph.dispose();
  });

  test('when the pass uses it twice: TensorFlow adds up', async () => {
    const graph = new Graph();
    graph.import(passOf(each));
    graph.import(passOf(each), 'again', { filter: 'filter', x: 'x', incoming: 'incoming' });
    const sum = new Fragment();
    sum.math('AddV2', [sum.input('a'), sum.input('b')], 'float32', 'sum');
    graph.import(sum, 'both', { a: 'loss', b: 'again/loss' });
    const [gradient] = graph.gradients(['both/sum'], ['filter'], 'g');
    const [found] = await run(graph, feedsOf(each), [gradient!]);
    expectFilter(
      found!.values,
      wanted.map((value) => 2 * value),
    );
    graph.dispose();
  });

  test('from a gradient that comes in, beside those of what comes before it', async () => {
    const graph = new Graph();
    const f = new Fragment();
    f.input('scale', 'float32', []);
    f.input('raw', 'float32', [-1, ...each.size, CHANNELS]);
    f.math('Mul', ['raw', 'scale'], 'float32', 'scaled');
    graph.import(f);
    const { x: raw, ...rest } = feedsOf(each);
    graph.import(passOf(each), 'pass', { x: 'scaled' });
    const [filter, scale] = graph.gradients(['pass/y'], ['pass/filter', 'scale'], 'g', ['pass/incoming']);
    const feeds = Object.fromEntries(Object.entries(rest).map(([name, value]) => [`pass/${name}`, value]));
    const [found, ofScale, loss] = await run(
      graph,
      { ...feeds, raw: raw!, scale: [Float32Array.of(1), []] },
      [filter!, scale!, 'pass/loss'],
    );
    expectFilter(found!.values, wanted);
    // The loss is linear in the scale, which is 1.
    expectFilter(ofScale!.values, loss!.values);
    graph.dispose();
  });

  test('and is refused where they do not depend on it, by the name of the convolution', () => {
    const graph = new Graph();
    graph.import(passOf(each));
    graph.import(passOf(each), 'other');
    expect(() => graph.gradients(['loss'], ['other/filter'], 'g')).toThrow(
      /'other\/DepthwiseConv2dNative' .*unreachable/,
    );
    graph.dispose();
  });

  test('as TensorFlow computes it where sizes are open, and where a channel gives several', async () => {
    const graph = new Graph();
    const f = new Fragment();
    f.input('x', 'float32', [-1, -1, -1, CHANNELS]);
    f.input('filter', 'float32', [...each.taps, CHANNELS, 1]);
    f.input('incoming', 'float32', [-1, ...placesOf(each), CHANNELS]);
    f.op('Mul', [convolution(f, 'x', 'filter', each), 'incoming'], T, 'loss');
    graph.import(f);
    const [open] = graph.gradients(['loss'], ['filter'], 'g');
    expect(graph.has('g/filters/filter0')).toBe(false);
    const [found] = await run(graph, feedsOf(each), [open!]);
    expectFilter(found!.values, wanted);
    graph.import(passOf(each, CHANNELS, 2), 'double');
    graph.gradients(['double/loss'], ['double/filter'], 'h');
    expect(graph.has('h/filters/filter0')).toBe(false);
    graph.dispose();
  });
});
