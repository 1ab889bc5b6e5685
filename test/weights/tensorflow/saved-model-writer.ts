import { type Attributes, attr } from '../../../src/tensorflow/index.js';
import { bytes, type Message, message, text, varint } from '../../../src/tensorflow/proto.js';

/** A node of a graph, or of a function. */
export interface WrittenNode {
  name: string;
  op: string;
  inputs?: readonly string[];
  attributes?: Attributes;
}

/** A function, its arguments and results all float32, or resources where they begin with `resource`. */
export interface WrittenFunction {
  name: string;
  args: readonly string[];
  nodes: readonly WrittenNode[];
  /** Where each result comes from. */
  returns: Readonly<Record<string, string>>;
}

/** Outputs of an operation, by name: how many tensors, or the attribute that tells it. */
export type WrittenOp = Readonly<Record<string, { list?: string; number?: string }>>;

export interface WrittenModel {
  nodes: readonly WrittenNode[];
  functions?: readonly WrittenFunction[];
  ops?: Readonly<Record<string, WrittenOp>>;
  signature?: {
    input: string;
    inputShape: readonly number[];
    output: string;
    outputShape: readonly number[];
  };
  restoreNode?: string;
  tags?: readonly string[];
}

const FLOAT = 1;
const STRING = 7;

/** The attribute of a call that names its function. */
export const calls = (name: string): Message => message(bytes(10, message(text(1, name))));

/** An attribute with a list of types, all float32. */
export const floats = (count: number): Message =>
  message(bytes(1, message(bytes(6, new Uint8Array(count).fill(FLOAT)))));

/** A constant of text. */
export function textConstant(name: string, values: readonly string[]): WrittenNode {
  const shape = message(bytes(2, message(varint(1, values.length))));
  const tensor = message(varint(1, STRING), bytes(2, shape), ...values.map((value) => text(8, value)));
  return {
    name,
    op: 'Const',
    attributes: { dtype: message(varint(6, STRING)), value: message(bytes(8, tensor)) },
  };
}

/** A constant of float32 numbers. */
export function constant(name: string, values: readonly number[], shape: readonly number[]): WrittenNode {
  const value = attr.tensor('float32', Float32Array.from(values), shape);
  return { name, op: 'Const', attributes: { dtype: attr.type('float32'), value } };
}

/** A constant of one number for all elements, as TensorFlow writes `tf.fill`. */
export function repeatedConstant(name: string, value: number, shape: readonly number[]): WrittenNode {
  const dimensions = message(...shape.map((size) => bytes(2, message(varint(1, size)))));
  const packed = new Uint8Array(Float32Array.of(value).buffer);
  const tensor = message(varint(1, FLOAT), bytes(2, dimensions), bytes(5, packed));
  return { name, op: 'Const', attributes: { dtype: attr.type('float32'), value: message(bytes(8, tensor)) } };
}

/** A variable of TensorFlow 2. */
export function variable(name: string, shape: readonly number[], sharedName = name): WrittenNode {
  const attributes = {
    dtype: attr.type('float32'),
    shape: attr.shape(shape),
    shared_name: attr.string(sharedName),
  };
  return { name, op: 'VarHandleOp', attributes };
}

/** A GraphDef. */
export function writeGraphDef({ nodes, functions = [] }: Pick<WrittenModel, 'nodes' | 'functions'>): Message {
  const library = functions.map((each) => bytes(1, writeFunction(each)));
  return message(
    ...nodes.map((node) => bytes(1, writeNode(node))),
    ...(library.length > 0 ? [bytes(2, message(...library))] : []),
  );
}

/** A `saved_model.pb`. */
export function writeSavedModel(model: WrittenModel): Message {
  const { ops = {}, signature, restoreNode, tags = ['serve'] } = model;
  const opList = message(...Object.entries(ops).map(([name, outputs]) => bytes(1, writeOp(name, outputs))));
  const fields = [
    bytes(1, message(bytes(2, opList), ...tags.map((tag) => text(4, tag)))),
    bytes(2, writeGraphDef(model)),
  ];
  if (restoreNode) fields.push(bytes(3, message(text(3, restoreNode))));
  if (signature) {
    const { input, inputShape, output, outputShape } = signature;
    const definition = message(
      bytes(1, entry('images', tensorInfo(input, inputShape))),
      bytes(2, entry('logits', tensorInfo(output, outputShape))),
    );
    fields.push(bytes(5, entry('serving_default', definition)));
  }
  return message(varint(1, 1), bytes(2, message(...fields)));
}

/** A `keras_metadata.pb` with the metadata of the model itself. */
export function writeKerasMetadata(metadata: unknown): Message {
  const json = typeof metadata === 'string' ? metadata : JSON.stringify(metadata);
  const root = message(text(3, 'root'), text(4, '_tf_keras_network'), text(5, json));
  const layer = message(text(3, 'root.layer-0'), text(4, '_tf_keras_layer'), text(5, '{}'));
  return message(bytes(1, layer), bytes(1, root));
}

const entry = (key: string, value: Message): Message => message(text(1, key), bytes(2, value));

function tensorInfo(output: string, shape: readonly number[]): Message {
  const dimensions = shape.map((size) => bytes(2, message(varint(1, size))));
  return message(text(1, output), varint(2, FLOAT), bytes(3, message(...dimensions)));
}

function writeNode({ name, op, inputs = [], attributes = {} }: WrittenNode): Message {
  return message(
    text(1, name),
    text(2, op),
    ...inputs.map((input) => text(3, input)),
    ...Object.entries(attributes).map(([key, value]) => bytes(5, entry(key, value))),
  );
}

function writeFunction({ name, args, nodes, returns }: WrittenFunction): Message {
  const signature = message(
    text(1, name),
    ...args.map((argument) => bytes(2, message(text(1, argument)))),
    ...Object.keys(returns).map((result) => bytes(3, message(text(1, result)))),
  );
  return message(
    bytes(1, signature),
    ...nodes.map((node) => bytes(3, writeNode(node))),
    ...Object.entries(returns).map(([result, source]) => bytes(4, message(text(1, result), text(2, source)))),
  );
}

function writeOp(name: string, outputs: WrittenOp): Message {
  const definitions = Object.entries(outputs).map(([output, { list, number }]) =>
    bytes(
      3,
      message(text(1, output), ...(number ? [text(5, number)] : []), ...(list ? [text(6, list)] : [])),
    ),
  );
  return message(text(1, name), ...definitions);
}
