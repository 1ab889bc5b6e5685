import { describe, expect, test } from 'vitest';
import type { GraphNode } from '../../../models/topology.js';
import {
  foldNorms,
  fuse,
  type InferenceGraph,
  inferenceGraph,
  mergePads,
  spreadChannels,
} from '../../../src/export/graph/index.js';
import { selfContained } from '../../../src/export/index.js';
import type { Model } from '../../../src/model/index.js';
import { writeInferenceModel } from '../../../src/weights/tfjs-graph/index.js';
import { temporaryFolder } from '../../weights/temporary-folder.js';
import { largestDifference, runInTfjs } from '../../weights/tfjs-graph/run-in-tfjs.js';
import { calibrated, someImages } from '../calibrated.js';

const folder = temporaryFolder();
const COUNT = 2;

const count = ({ nodes }: InferenceGraph, op: string) => nodes.filter((node) => node.op === op).length;

/** What tfjs makes of a graph: it is written, and computed there. */
async function inTfjs(
  graph: InferenceGraph,
  { labels, preprocessing }: Model,
  name: string,
): Promise<number[]> {
  const size = graph.imageSize;
  const path = `${folder.path}/${name}`;
  await writeInferenceModel(path, { ...graph, labels, preprocessing });
  return runInTfjs(path, someImages(COUNT, size), [COUNT, size, size, 3]);
}

interface Expected {
  norms: number;
  /** Norms that stay. */
  left: number;
  /** Paddings that merge. */
  pads?: number;
  size?: number;
}

describe.each([
  // Squeeze-and-excitation, swish; ReLU6; batch normalization before the convolution; hard-swish; a stem of a bias.
  ['efficientnet-b0', { norms: 49, left: 0, pads: 5 }],
  ['mobilenet-v2', { norms: 52, left: 0, pads: 4 }],
  ['cifar-resnet-20', { norms: 19, left: 0 }],
  ['wide-resnet-16-8', { norms: 13, left: 6, size: 8 }],
  ['mobilenet-v3-small', { norms: 34, left: 0, pads: 4 }],
])('%s', (name, { norms, left, pads = 0, size = 32 }: Expected) => {
  test('folded, merged, fused and spread it gives the same logits in tfjs', async () => {
    const model = await calibrated(name, size);
    const shape = [COUNT, size, size, 3] as const;
    const { data: expected } = await model.logits({ data: someImages(COUNT, size), shape });
    await model.dispose();
    const spread = Math.max(...expected) - Math.min(...expected);
    expect(spread).toBeGreaterThan(1e-3);
    const whole = inferenceGraph(selfContained(model, { logits: true }));
    const folded = foldNorms(whole);
    const merged = mergePads(folded);
    const fused = fuse(merged);
    expect(count(whole, 'FusedBatchNormV3')).toBe(norms);
    expect(count(folded, 'FusedBatchNormV3')).toBe(left);
    expect(count(folded, 'Pad') - count(merged, 'Pad')).toBe(pads);
    expect(fused.nodes.length).toBeLessThan(folded.nodes.length);
    expect(count(fused, '_FusedConv2D') + count(fused, 'FusedDepthwiseConv2dNative')).toBeGreaterThan(
      norms - left - 1,
    );
    for (const [pass, graph] of Object.entries({
      whole,
      folded,
      merged,
      fused,
      spread: fuse(spreadChannels(merged)),
    })) {
      const given = await inTfjs(graph, model, `${name}-${pass}`);
      expect(largestDifference(given, expected) / spread, pass).toBeLessThan(1e-4);
    }
  });
});

/** x to a convolution, with a batch normalization behind it; both may have others that take them. */
function convolved(also?: 'of the convolution' | 'of the kernel' | 'bias'): InferenceGraph {
  const type = { type: 'DT_FLOAT' };
  const node = (name: string, op: string, input?: string[]): GraphNode => ({
    name,
    op,
    ...(input && { input }),
    attr: { T: type },
  });
  const vector = (...data: number[]) => ({
    dtype: 'float32' as const,
    shape: [data.length],
    data: Float32Array.from(data),
  });
  const biased = also === 'bias';
  const nodes: GraphNode[] = [
    { name: 'x', op: 'Placeholder', attr: { dtype: type } },
    ...['kernel', 'gamma', 'beta', 'mean', 'variance', ...(biased ? ['offset'] : [])].map((name) =>
      node(name, 'Const'),
    ),
    node('conv', 'Conv2D', ['x', 'kernel']),
    ...(biased ? [node('biased', 'BiasAdd', ['conv', 'offset'])] : []),
    {
      ...node('norm', 'FusedBatchNormV3', [biased ? 'biased' : 'conv', 'gamma', 'beta', 'mean', 'variance']),
      attr: { T: type, epsilon: { f: 1 } },
    },
    ...(also === 'of the convolution' ? [node('sum', 'AddV2', ['norm', 'conv'])] : []),
    ...(also === 'of the kernel'
      ? [node('other', 'Conv2D', ['x', 'kernel']), node('sum', 'AddV2', ['norm', 'other'])]
      : []),
  ];
  return {
    nodes,
    values: new Map([
      ['kernel', { dtype: 'float32', shape: [1, 1, 1, 2], data: Float32Array.of(10, 20) }],
      ['gamma', vector(2, 3)],
      ['beta', vector(5, 7)],
      ['mean', vector(1, -1)],
      ['variance', vector(3, 8)],
      ...(biased ? [['offset', vector(4, 6)] as const] : []),
    ]),
    weights: new Set(['kernel', 'gamma']),
    input: 'x',
    output: also?.startsWith('of') ? 'sum' : 'norm',
    imageSize: 1,
    classes: 2,
  };
}

test('a batch normalization becomes kernel and bias, as worked out by hand', () => {
  const { nodes, values, weights } = foldNorms(convolved());
  // gamma / sqrt(variance + 1) is 1 and 1.
  expect([...(values.get('kernel')!.data as Float32Array)]).toEqual([10, 20]);
  expect([...(values.get('norm/bias')!.data as Float32Array)]).toEqual([4, 8]);
  expect(nodes.map(({ op }) => op).sort()).toEqual(['BiasAdd', 'Const', 'Const', 'Conv2D', 'Placeholder']);
  expect(nodes.at(-1)).toMatchObject({ name: 'norm', input: ['conv', 'norm/bias'] });
  expect([...weights].sort()).toEqual(['kernel', 'norm/bias']);
});

test('with a bias before it both become one', () => {
  const { nodes, values } = foldNorms(convolved('bias'));
  expect([...(values.get('norm/bias')!.data as Float32Array)]).toEqual([8, 14]);
  expect(nodes.filter(({ op }) => op === 'BiasAdd')).toHaveLength(1);
});

test.each(['of the convolution', 'of the kernel'] as const)(
  'it stays where others take what is %s',
  (also) => {
    const graph = convolved(also);
    const folded = foldNorms(graph);
    expect(folded.values.get('kernel')).toBe(graph.values.get('kernel'));
    expect(count(folded, 'FusedBatchNormV3')).toBe(1);
  },
);

interface Padding {
  /** In front and behind, down as across. */
  amounts: [number, number];
  kernel?: number;
  stride?: number;
  /** Something else takes the padded image as well. */
  also?: boolean;
}

/** An image with zeros around it, to a convolution without any of its own. */
function padded(
  imageSize: number,
  { amounts, kernel = 3, stride = 2, also = false }: Padding,
): InferenceGraph {
  const T = { type: 'DT_FLOAT' };
  const text = (value: string) => ({ s: Buffer.from(value).toString('base64') });
  const list = (...values: number[]) => ({ list: { i: values.map(String) } });
  return {
    nodes: [
      { name: 'x', op: 'Placeholder', attr: { dtype: T } },
      { name: 'amounts', op: 'Const', attr: {} },
      { name: 'kernel', op: 'Const', attr: {} },
      { name: 'pad', op: 'Pad', input: ['x', 'amounts'], attr: { T } },
      {
        name: 'conv',
        op: 'Conv2D',
        input: ['pad', 'kernel'],
        attr: { T, padding: text('VALID'), strides: list(1, stride, stride, 1) },
      },
      ...(also ? [{ name: 'sum', op: 'AddV2', input: ['conv', 'pad'], attr: { T } }] : []),
    ],
    values: new Map([
      ['amounts', { dtype: 'int32', shape: [4, 2], data: Int32Array.of(0, 0, ...amounts, ...amounts, 0, 0) }],
      [
        'kernel',
        { dtype: 'float32', shape: [kernel, kernel, 3, 1], data: new Float32Array(kernel * kernel * 3) },
      ],
    ]),
    weights: new Set(['kernel']),
    input: 'x',
    output: also ? 'sum' : 'conv',
    imageSize,
    classes: 1,
  };
}

test.each([
  // What SAME adds, worked out by hand.
  ['an even side, three, by two', 8, { amounts: [0, 1] }, true],
  ['an odd side, three, by two', 9, { amounts: [1, 1] }, true],
  ['five, by two', 8, { amounts: [1, 2], kernel: 5 }, true],
  ['three, by one', 8, { amounts: [1, 1], stride: 1 }, true],
  ['an odd side that SAME adds more to', 9, { amounts: [0, 1] }, false],
  ['as many in front as behind', 8, { amounts: [1, 1] }, false],
  ["ResNet's stem", 224, { amounts: [3, 3], kernel: 7 }, false],
] as const)('zeros of a layer of its own: %s', (_, size, { amounts, ...of }, merges) => {
  const { nodes, values } = mergePads(padded(size, { amounts: [...amounts], ...of }));
  expect(nodes.map(({ op }) => op)).toEqual(
    merges ? ['Placeholder', 'Const', 'Conv2D'] : ['Placeholder', 'Const', 'Pad', 'Const', 'Conv2D'],
  );
  expect(nodes.at(-1)!.attr!.padding!.s).toBe(Buffer.from(merges ? 'SAME' : 'VALID').toString('base64'));
  expect(values.has('amounts')).toBe(!merges);
});

test('zeros that others take as well stay', () => {
  const merged = mergePads(padded(8, { amounts: [0, 1], also: true }));
  expect(count(merged, 'Pad')).toBe(1);
});
