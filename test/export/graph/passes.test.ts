import { describe, expect, test } from 'vitest';
import type { GraphNode } from '../../../models/topology.js';
import {
  foldNorms,
  fuse,
  type InferenceGraph,
  inferenceGraph,
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

describe.each([
  // Squeeze-and-excitation, swish; ReLU6; batch normalization before the convolution; hard-swish; a stem of a bias.
  ['efficientnet-b0', { norms: 49, left: 0 }],
  ['mobilenet-v2', { norms: 52, left: 0 }],
  ['cifar-resnet-20', { norms: 19, left: 0 }],
  ['wide-resnet-16-8', { norms: 13, left: 6, size: 8 }],
  ['mobilenet-v3-small', { norms: 34, left: 0 }],
])('%s', (name, { norms, left, size = 32 }: { norms: number; left: number; size?: number }) => {
  test('folded, fused and spread it gives the same logits in tfjs', async () => {
    const model = await calibrated(name, size);
    const shape = [COUNT, size, size, 3] as const;
    const { data: expected } = await model.logits({ data: someImages(COUNT, size), shape });
    await model.dispose();
    const spread = Math.max(...expected) - Math.min(...expected);
    expect(spread).toBeGreaterThan(1e-3);
    const whole = inferenceGraph(selfContained(model, { logits: true }));
    const folded = foldNorms(whole);
    const fused = fuse(folded);
    expect(count(whole, 'FusedBatchNormV3')).toBe(norms);
    expect(count(folded, 'FusedBatchNormV3')).toBe(left);
    expect(fused.nodes.length).toBeLessThan(folded.nodes.length);
    expect(count(fused, '_FusedConv2D') + count(fused, 'FusedDepthwiseConv2dNative')).toBeGreaterThan(
      norms - left - 1,
    );
    for (const [pass, graph] of Object.entries({
      whole,
      folded,
      fused,
      spread: fuse(spreadChannels(folded)),
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
