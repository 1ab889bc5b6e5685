import type { GraphAttribute, GraphNode, Json } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import type { WeightMap, WeightTensor } from '../../model/weights.js';
import { attributeJson } from './attributes.js';
import { ConstantReader, constantTexts } from './constant.js';
import type { NodeDef } from './graph-def.js';
import type { InlineSource } from './inline.js';
import { nodeName } from './ordered.js';
import { plainTensor, weightNode } from './weight-nodes.js';

/** The value of a variable, and the name that its weight gets. */
export interface VariableValue {
  name: string;
  tensor: WeightTensor;
}

/** A graph whose variables are weights, in the JSON of a tfjs graph model. */
export interface FrozenNodes {
  /** Each after those that it needs. Weights are Const nodes without a value of their own. */
  nodes: GraphNode[];
  /** Values of the Const nodes, by name. */
  tensors: WeightMap;
  /** What gives a value that an output of the graph gave: `node`, or `node:1`. */
  placeOf(output: string): string;
}

const RESOURCE = 'VarHandleOp';
const VARIABLES = new Set([RESOURCE, 'VariableV2', 'Variable']);

/** Whether a node is a variable: of TensorFlow 2, or by reference, as TensorFlow 1 has them. */
export const isVariable = ({ op }: NodeDef): boolean => VARIABLES.has(op);

/**
 * Turns variables and constants into weights, and the rest into the JSON of a tfjs graph model. Attributes that only
 * TensorFlow's own machinery reads are left out; those that the writer left out, as they have their usual values,
 * are put in.
 *
 * @param nodes in order
 * @param values of all variables among them, by node
 * @throws InputError for an operation that takes a variable otherwise than to read it
 */
export function freeze(
  { path, ops }: Pick<InlineSource, 'path' | 'ops'>,
  nodes: readonly NodeDef[],
  values: ReadonlyMap<string, VariableValue>,
): FrozenNodes {
  const kinds = new Map(nodes.map(({ name, op }) => [name, op]));
  const frozen: GraphNode[] = [];
  const tensors: WeightMap = new Map();
  const constants = new ConstantReader(path);
  /** What stands for outputs of nodes that are left out, or bear another name. */
  const places = new Map<string, string>();
  const addWeight = (node: NodeDef, name: string, tensor: WeightTensor): void => {
    const free = freshName(name, kinds, tensors);
    const plain = plainTensor(tensor);
    tensors.set(free, plain);
    places.set(`${node.name}:0`, free);
    frozen.push(weightNode(free, plain));
  };

  const placeOf = (output: string): string => places.get(output) ?? output.replace(/:0$/, '');
  const inputOf = (reader: NodeDef, input: string): string => {
    if (kinds.get(nodeName(input)) !== RESOURCE) return placeOf(input);
    throw new InputError(
      `The operation '${reader.name}' (${reader.op}) in ${path} takes a variable otherwise than to read it, which is ` +
        'not supported. Save the model for inference only.',
    );
  };

  for (const node of nodes) {
    const { name, op, inputs } = node;
    const [first = ''] = inputs;
    const value = values.get(name);
    if (value) {
      addWeight(node, value.name, value.tensor);
    } else if (op === 'ReadVariableOp' && kinds.get(nodeName(first)) === RESOURCE) {
      places.set(`${name}:0`, placeOf(first));
    } else if (op === 'IdentityN') {
      for (const [i, input] of inputs.entries()) places.set(`${name}:${i}`, inputOf(node, input));
    } else if (op === 'Const') {
      const tensor = constants.read(name, encodedValue(node));
      if (tensor) addWeight(node, name, tensor);
      else frozen.push(textNode(path, node));
    } else {
      const input = inputs.map((source) => inputOf(node, source));
      const attr = attributesOf(path, node, ops.get(op)?.defaults);
      frozen.push({ name, op, ...(input.length > 0 && { input }), attr });
    }
  }
  return { nodes: frozen, tensors, placeOf };
}

/**
 * The node of a weight is called after it, with an end of its own: in a graph that can be trained the weight itself has
 * the name without it.
 */
function freshName(name: string, nodes: ReadonlyMap<string, string>, taken: WeightMap): string {
  let free = `${name}/resource`;
  while (nodes.has(free) || taken.has(free)) free += '/resource';
  return free;
}

const encodedValue = ({ attributes }: NodeDef): Uint8Array => attributes.get('value') ?? new Uint8Array(0);

function textNode(path: string, node: NodeDef): GraphNode {
  const value = encodedValue(node);
  const stringVal = constantTexts(path, value).map((text) => Buffer.from(text).toString('base64'));
  const header = attributeJson(path, value).tensor as { [key: string]: Json };
  const attr = { dtype: { type: 'DT_STRING' }, value: { tensor: { ...header, stringVal } } };
  return { name: node.name, op: 'Const', attr };
}

function attributesOf(
  path: string,
  { attributes }: NodeDef,
  defaults: ReadonlyMap<string, Uint8Array> = new Map(),
): { [key: string]: GraphAttribute } {
  const all = new Map([...defaults, ...attributes]);
  const attr: { [key: string]: GraphAttribute } = {};
  for (const [name, value] of all) if (!name.startsWith('_')) attr[name] = attributeJson(path, value);
  return attr;
}
