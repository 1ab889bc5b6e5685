import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { Model, NO_PREPROCESSING } from '../../../src/model/index.js';
import { temporaryFolder } from '../../weights/temporary-folder.js';
import { writeGraphFolder } from '../../weights/tfjs-graph/graph-folder.js';
import { largestDifference, runInTfjs } from '../../weights/tfjs-graph/run-in-tfjs.js';
import { pseudoRandom, runLayers } from '../run-layers.js';
import { a, CONVOLUTION, GraphBuilder } from './graph-builder.js';

const folder = temporaryFolder();
const images = { values: pseudoRandom(4 * 4 * 3, { scale: 2, seed: 5 }), shape: [1, 4, 4, 3] };

/** The fused operations, with what goes before and behind them to make a network of them. */
const OPERATIONS: Record<string, (g: GraphBuilder, x: string, steps: string[], args: string[]) => string> = {
  _FusedConv2D: (g, x, steps, args) =>
    g.op('_FusedConv2D', 'it', [x, g.floats('kernel', [3, 3, 3, 4]), ...args], fused(steps)),
  FusedDepthwiseConv2dNative: (g, x, steps, args) => {
    const wide = g.conv('wide', x, [1, 1, 3, 4]);
    return g.op(
      'FusedDepthwiseConv2dNative',
      'it',
      [wide, g.floats('kernel', [3, 3, 4, 1]), ...args],
      fused(steps),
    );
  },
  _FusedMatMul: (g, x, steps, args) => {
    const flat = g.op('Reshape', 'vector', [x, g.ints('vector/shape', [-1, 48])], {
      Tshape: a.type('DT_INT32'),
    });
    return g.op('_FusedMatMul', 'it', [flat, g.floats('kernel', [48, 12]), ...args], {
      ...fused(steps),
      transpose_a: a.b(false),
      transpose_b: a.b(false),
    });
  },
};

const fused = (steps: string[]) => ({
  ...CONVOLUTION,
  fused_ops: a.ss(...steps),
  num_args: a.i(steps.includes('Prelu') ? 2 : 1),
  leakyrelu_alpha: a.f(0.3),
});

function network(op: string, activation: string): GraphBuilder {
  const g = new GraphBuilder();
  const width = op === '_FusedMatMul' ? 12 : 4;
  const args = [g.floats('bias', [width])];
  if (activation === 'Prelu') args.push(g.floats('alpha', [width]));
  const x = g.input('input', [-1, 4, 4, 3]);
  const value = OPERATIONS[op]!(g, x, ['BiasAdd', ...(activation ? [activation] : [])], args);
  const size = op === '_FusedMatMul' ? width : 16 * width;
  const flat = g.op('Reshape', 'flat', [value, g.ints('flat/shape', [1, size])], {
    Tshape: a.type('DT_INT32'),
  });
  g.op('Identity', 'Identity', [flat]);
  return g;
}

describe.each(Object.keys(OPERATIONS))('%s taken apart gives what tfjs computes', (op) => {
  // tfjs reads no slope for a leaky depthwise convolution, and gives NaN.
  const leaky = op === 'FusedDepthwiseConv2dNative' ? [] : ['LeakyRelu'];
  test.each(['', 'Relu', 'Relu6', 'Elu', 'Prelu', ...leaky])('with BiasAdd and %s', async (activation) => {
    const g = network(op, activation);
    const path = writeGraphFolder(join(folder.path, `${op}-${activation}`), g);
    const expected = await runInTfjs(path, images.values, images.shape);
    const { topology, weights } = trainableGraph(g.frozen);
    const { output, gradients } = await runLayers(topology as never, weights, images, {
      training: true,
      gradients: true,
    });
    expect(expected.some((value) => value !== 0)).toBe(true);
    expect(largestDifference(output, expected)).toBeLessThan(1e-5);
    const trained = Object.keys(gradients).filter((name) => name !== 'images');
    expect(trained).toHaveLength(
      2 + (activation === 'Prelu' ? 1 : 0) + (op.startsWith('FusedDepth') ? 1 : 0),
    );
    for (const name of trained)
      expect(
        gradients[name]!.some((value) => value !== 0),
        name,
      ).toBe(true);
  });
});

test('a batch normalization that is fused in computes as its definition says, and gets statistics', async () => {
  const g = new GraphBuilder();
  const norm = {
    gamma: [1, 2, 3, 4],
    beta: [-1, 0, 1, 2],
    mean: [0.1, 0.2, 0.3, 0.4],
    variance: [1, 2, 0.5, 0.25],
  };
  const args = Object.entries(norm).map(([name, values]) => g.floats(`block_bn/${name}`, [4], { values }));
  const x = g.op(
    '_FusedConv2D',
    'it',
    [g.input('input', [-1, 4, 4, 3]), g.floats('conv/kernel', [1, 1, 3, 4]), ...args],
    {
      ...CONVOLUTION,
      fused_ops: a.ss('FusedBatchNorm', 'Relu'),
      epsilon: a.f(0.01),
    },
  );
  g.op('Mean', 'pool', [x, g.ints('axes', [1, 2])], { Tidx: a.type('DT_INT32'), keep_dims: a.b(false) });
  const kernel = g.tensors.get('conv/kernel')!.data as Float32Array;
  const expected = [0, 1, 2, 3].map((c) => {
    let sum = 0;
    for (let p = 0; p < 16; p++) {
      const y = [0, 1, 2].reduce((s, i) => s + images.values[p * 3 + i]! * kernel[i * 4 + c]!, 0);
      const normalized = (y - norm.mean[c]!) / Math.sqrt(norm.variance[c]! + 0.01);
      sum += Math.max(0, norm.gamma[c]! * normalized + norm.beta[c]!);
    }
    return sum / 16;
  });
  const { topology, weights } = trainableGraph(g.frozen);
  const model = new Model({
    topology,
    weights,
    labels: ['a', 'b', 'c', 'd'],
    preprocessing: NO_PREPROCESSING,
    imageSize: 4,
  });
  const { data } = await model.logits({ data: images.values, shape: [1, 4, 4, 3] });
  await model.dispose();
  expect(largestDifference(data, expected)).toBeLessThan(1e-5);
  const training = await runLayers(topology as never, weights, images, { training: true });
  const [layer] = Object.keys(training.statistics);
  expect([...weights.keys()]).toContain(`${layer}/moving_mean`);
  expect([...weights.keys()]).toContain(`${layer}/moving_variance`);
});
