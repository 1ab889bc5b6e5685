import type { GraphAttribute, GraphNode } from '../../../models/topology.js';
import type { WeightTensor } from '../../model/weights.js';
import type { FragmentNode } from '../../tensorflow/index.js';
import { attributeJson } from '../../weights/tensorflow/attributes.js';
import { ConstantReader } from '../../weights/tensorflow/constant.js';
import { weightNode } from '../../weights/tensorflow/weight-nodes.js';

/** A node of a graph, and its value where it is a constant. */
export interface ValuedNode {
  node: GraphNode;
  value?: WeightTensor;
}

/** What TensorFlow assumes where an attribute is left out, for programs that know no defaults. */
const DEFAULTS: Readonly<Record<string, { [key: string]: GraphAttribute }>> = {
  Conv2D: convolution(),
  DepthwiseConv2dNative: convolution(),
  MaxPool: dataFormat(),
  AvgPool: dataFormat(),
  BiasAdd: dataFormat(),
  FusedBatchNormV3: dataFormat(),
};

/** For messages: where these nodes come from. */
const PLACE = 'the model';

/**
 * A node of a forward pass in the JSON of a GraphDef.
 *
 * @param weight the value of the parameter that the node is: it becomes a constant
 */
export function graphNode({ name, op, inputs, attributes }: FragmentNode, weight?: WeightTensor): ValuedNode {
  if (weight) return { node: weightNode(name, weight), value: weight };
  if (op === 'Const') {
    const value = new ConstantReader(PLACE).read(name, attributes.value!);
    if (value) return { node: weightNode(name, value), value };
  }
  const attr: { [key: string]: GraphAttribute } = { ...DEFAULTS[op] };
  for (const [key, value] of Object.entries(attributes)) attr[key] = attributeJson(PLACE, value);
  return { node: { name, op, ...(inputs.length > 0 && { input: [...inputs] }), attr } };
}

function convolution(): { [key: string]: GraphAttribute } {
  return { ...dataFormat(), dilations: { list: { i: ['1', '1', '1', '1'] } } };
}

function dataFormat(): { [key: string]: GraphAttribute } {
  return { data_format: { s: Buffer.from('NHWC').toString('base64') } };
}
