import type { GraphNode } from '../../../models/topology.js';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { buildForward, type Model, type WeightMap } from '../../../src/model/index.js';
import { attributeJson } from '../../../src/weights/tensorflow/attributes.js';
import { readGraphDef } from '../../../src/weights/tensorflow/graph-def.js';
import { bytesField, readFields } from '../../../src/weights/tensorflow/proto-reader.js';

const PLACE = 'the forward pass';

/** A frozen graph as a converter makes it of a layers model. */
export interface Frozen {
  nodes: GraphNode[];
  tensors: WeightMap;
}

/** The operations of a layers model's inference, with its weights as constants. */
export function frozenGraph(model: Model): Frozen {
  const { topology, imageSize, weights } = model;
  const forward = buildForward(topology, { training: false, imageSize });
  const tensors: WeightMap = new Map();
  const { nodes } = readGraphDef(PLACE, forward.fragment.encode());
  const found = [...nodes.values()].map(({ name, op, inputs, attributes }): GraphNode => {
    const attr = Object.fromEntries(
      [...attributes].map(([key, bytes]) => [key, attributeJson(PLACE, bytes)]),
    );
    const weight = weights.get(name);
    if (weight) {
      tensors.set(name, weight);
      return { name, op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } };
    }
    if (op === 'Const')
      tensors.set(name, constantValue(attributes.get('value')!, attr.dtype!.type as string));
    return { name, op, input: [...inputs], attr };
  });
  return { nodes: found.map((node) => withShape(node, tensors)), tensors };
}

function constantValue(
  attribute: Uint8Array,
  type: string,
): { dtype: 'float32' | 'int32'; shape: number[]; data: Float32Array | Int32Array } {
  let content = new Uint8Array(0);
  const tensor = attributeJson(PLACE, attribute).tensor as { tensorShape?: { dim?: { size: string }[] } };
  readFields(PLACE, attribute, {
    8: bytesField((bytes) =>
      readFields(PLACE, bytes, { 4: bytesField((values) => (content = Uint8Array.from(values))) }),
    ),
  });
  const shape = (tensor.tensorShape?.dim ?? []).map(({ size }) => Number(size));
  return type === 'DT_INT32'
    ? { dtype: 'int32', shape, data: new Int32Array(content.buffer) }
    : { dtype: 'float32', shape, data: new Float32Array(content.buffer) };
}

function withShape(node: GraphNode, tensors: WeightMap): GraphNode {
  const tensor = tensors.get(node.name);
  if (!tensor) return node;
  const dim = tensor.shape.map((size) => ({ size: String(size) }));
  const dtype = tensor.dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT';
  return { ...node, attr: { dtype: { type: dtype }, value: { tensor: { dtype, tensorShape: { dim } } } } };
}

/** Folds batch normalization into the convolutions before it, as a converter does. */
export function fold({ nodes, tensors }: Frozen): Frozen {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const values = new Map(tensors);
  const folded = nodes.map((node): GraphNode => {
    const [x, ...weights] = node.input ?? [];
    const before = byName.get(x ?? '');
    if (node.op !== 'FusedBatchNormV3' || !/^(Conv2D|DepthwiseConv2dNative)$/.test(before?.op ?? ''))
      return node;
    const [gamma, beta, mean, variance] = weights.map((name) => tensors.get(name)!.data as Float32Array) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const epsilon = Number(node.attr!.epsilon!.f);
    const scale = gamma.map((value, c) => value / Math.sqrt(variance[c]! + epsilon));
    const kernel = tensors.get(before!.input![1]!)!;
    values.set(before!.input![1]!, {
      ...kernel,
      data: Float32Array.from(kernel.data as Float32Array, (value, k) => value * scale[k % scale.length]!),
    });
    const bias = before!.input![1]!.replace(/(depthwise_)?kernel$/, 'bias');
    values.set(bias, {
      dtype: 'float32',
      shape: [scale.length],
      data: beta.map((value, c) => value - mean[c]! * scale[c]!),
    });
    return { name: node.name, op: 'BiasAdd', input: [x!, bias], attr: { T: { type: 'DT_FLOAT' } } };
  });
  const biases = [...values.keys()]
    .filter((name) => !tensors.has(name))
    .map((name) => withShape({ name, op: 'Const' }, values));
  return { nodes: [...biases, ...folded.map((node) => withShape(node, values))], tensors: values };
}

/** A layers model as the graph model that it would be after conversion, with its batch normalization folded. */
export function foldedGraph(model: Model): Model {
  const { topology, weights } = trainableGraph({ name: 'folded', outputs: [], ...fold(frozenGraph(model)) });
  return model.with({ topology, weights });
}
