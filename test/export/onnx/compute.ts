import { join } from 'node:path';
import { expect } from 'vitest';
import { convertGraph } from '../../../src/export/onnx/convert.js';
import { writeModelFile } from '../../../src/export/onnx/model-file.js';
import { encodeAttribute } from '../../../src/model/graph/attributes.js';
import { liveNodes } from '../../../src/model/graph/nodes.js';
import { operationOf } from '../../../src/model/graph/operations.js';
import { attr, Fragment } from '../../../src/tensorflow/index.js';
import { GraphBuilder } from '../../model/graph/graph-builder.js';
import { runFragment } from '../../model/run-fragment.js';
import { pseudoRandom } from '../../model/run-layers.js';
import type { Build } from './cases/builders.js';
import { runOnnx } from './session.js';

const BATCH = 2;
const TOLERANCE = 2e-5;

/** What TensorFlow gives, and what onnxruntime gives for the converted graph. */
export async function compute(
  build: Build,
  [height, width]: [number, number],
  /** Where the model is written. */
  folder: string,
) {
  const g = new GraphBuilder();
  const output = build(g, g.input('input', [-1, height, width, 3]));
  const nodes = liveNodes(g.nodes, output);
  const fragment = new Fragment();
  for (const node of nodes) {
    const tensor = g.tensors.get(node.name);
    if (tensor) {
      const dtype = tensor.dtype as 'float32' | 'int32';
      const value = attr.tensor(dtype, tensor.data, tensor.shape);
      fragment.op('Const', [], { dtype: attr.type(dtype), value }, node.name);
    } else if (node.op === 'Placeholder') {
      fragment.input(node.name);
    } else {
      // The one operation that layers have and graphs do not.
      const { attributes } =
        node.op === 'LogSoftmax' ? { attributes: { T: 'type' as const } } : operationOf(node);
      const encoded = Object.entries(attributes).flatMap(([key, kind]) => {
        const value = encodeAttribute(node, key, kind);
        return value === undefined ? [] : [[key, value] as const];
      });
      if (node.op === 'FusedBatchNormV3') encoded.push(['is_training', attr.bool(false)]);
      fragment.op(node.op, node.input, Object.fromEntries(encoded), node.name);
    }
  }
  const shape = [BATCH, height, width, 3];
  const data = pseudoRandom(BATCH * height * width * 3, { scale: 3, seed: 5 });
  const [expected] = await runFragment(fragment, { input: { values: data, shape } }, [output]);
  const graph = {
    nodes,
    values: g.tensors,
    input: 'input',
    output,
    imageSize: 8,
    classes: 0,
    weights: new Set<string>(),
  };
  const converted = convertGraph(graph, { input: 'images', output: 'result', type: 'float32' });
  const path = join(folder, 'model.onnx');
  const about = { name: 'test', description: '', producer: { name: 'test', version: '1' }, metadata: {} };
  await writeModelFile(path, { ...converted, ...about });
  return { converted, expected: expected!, received: await runOnnx(path, data, shape) };
}

/** Values are within the tolerance of TensorFlow's, relative to those above 1. */
export function expectEqual({ expected, received }: Awaited<ReturnType<typeof compute>>): void {
  expect(received.shape).toEqual(expected.shape);
  const difference = Math.max(
    ...expected.values.map(
      (value, i) => Math.abs(value - received.values[i]!) / Math.max(1, Math.abs(value)),
    ),
  );
  expect(difference).toBeLessThan(TOLERANCE);
  expect(new Set(expected.values).size).toBeGreaterThan(1);
}
