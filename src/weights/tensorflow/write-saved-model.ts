import { mkdir, open, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { GraphNode } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import type { WeightMap, WeightTensor } from '../../model/weights.js';
import { attr, Fragment, Graph, type NumericType, Session, Tensor } from '../../tensorflow/index.js';
import {
  bytes,
  type FieldWriter,
  header,
  type Message,
  message,
  text,
  varint,
} from '../../tensorflow/proto.js';
import { strings, typeList } from './constants.js';
import { typeNameOf, typeNumber } from './element-types.js';
import { encodeAttribute } from './encode-attribute.js';

/** What a SavedModel is written from: a graph of operations with one input and one output. */
export interface SavedGraph {
  /** Each after those that it takes. */
  nodes: readonly GraphNode[];
  /** Values of the `Const` nodes. */
  values: WeightMap;
  /** Those of them that become variables. */
  weights: ReadonlySet<string>;
  input: string;
  output: string;
  /** What the signature calls its output: `probabilities`. */
  outputName: string;
  imageSize: number;
  classes: number;
}

/** How it is written. */
export interface SavedModelOptions {
  /** Weights as constants of the graph, not as variables beside it. @default false */
  frozen?: boolean;
  /** Version of the TensorFlow that writes it. */
  tensorflowVersion: string;
  /** Files of `assets.extra`, which TensorFlow passes over: by name. */
  extra?: Readonly<Record<string, string>>;
}

const LARGEST_MESSAGE = 2 ** 31 - 1;
/** Version 2 of TensorFlow's checkpoints (SaverDef.CheckpointFormatVersion). */
const CHECKPOINT_V2 = 2;
const SAVE = {
  file: 'save/Const',
  keep: 'save/SaveV2',
  done: 'save/control_dependency',
  values: 'save/RestoreV2',
  restore: 'save/restore_all',
} as const;

/**
 * Fills a folder with a SavedModel: `saved_model.pb` with the signature `serving_default`, and `variables/`. TensorFlow writes
 * the variables itself.
 *
 * @param folder one that is there
 * @throws InputError for a frozen graph longer than protocol buffers can be
 */
export async function writeSavedModel(
  folder: string,
  graph: SavedGraph,
  { frozen = false, tensorflowVersion, extra = {} }: SavedModelOptions,
): Promise<void> {
  const variables = frozen ? [] : [...graph.values].filter(([name]) => graph.weights.has(name));
  const fragment = encode(graph, new Map(variables));
  const saver = variables.length > 0 ? [addSaver(fragment, variables)] : [];
  const before = message(bytes(1, message(text(4, 'serve'), text(5, tensorflowVersion))));
  const behind = message(
    ...saver.map((encoded) => bytes(3, encoded)),
    ...['variables', 'trainable_variables'].map((name) =>
      bytes(4, message(text(1, name), bytes(2, collection(variables)))),
    ),
    bytes(5, message(text(1, 'serving_default'), bytes(2, signature(graph)))),
  );
  await writeModel(join(folder, 'saved_model.pb'), before, fragment, behind);
  // The folder is expected even where it is empty.
  await mkdir(join(folder, 'variables'));
  if (variables.length > 0) await saveVariables(join(folder, 'variables', 'variables'), variables);
  const names = Object.entries(extra);
  if (names.length > 0) await mkdir(join(folder, 'assets.extra'));
  for (const [name, content] of names) await writeFile(join(folder, 'assets.extra', name), content);
}

/** Piece by piece: a frozen graph is as long as its weights, and each message around it would be a copy. */
async function writeModel(path: string, before: Message, graph: Fragment, behind: Message): Promise<void> {
  let length = 0;
  for (const piece of graph.pieces()) length += piece.length;
  if (length > LARGEST_MESSAGE) {
    throw new InputError(
      'The model is too large for one file of 2 GiB. Export it with variables, not frozen.',
    );
  }
  const graphHeader = header(2, length);
  const metaGraph = before.length + graphHeader.length + length + behind.length;
  const file = await open(path, 'w');
  try {
    for (const part of [message(varint(1, 1)), header(2, metaGraph), before, graphHeader])
      await file.write(part);
    for (const piece of graph.pieces()) await file.write(piece);
    await file.write(behind);
    await file.sync();
  } finally {
    await file.close();
  }
}

function encode({ nodes, values }: SavedGraph, variables: ReadonlyMap<string, WeightTensor>): Fragment {
  const f = new Fragment();
  for (const { name, op, input = [], attr: given = {} } of nodes) {
    const value = values.get(name);
    const variable = variables.get(name);
    const dtype = value && message(varint(6, typeNumber(typeNameOf(value.dtype))));
    if (variable) {
      // Its readers go on asking for the weight's own name.
      const shape = attr.shape(variable.shape);
      const handle = `${name}/variable`;
      f.op('VarHandleOp', [], { dtype: dtype!, shape, shared_name: attr.string(name) }, handle);
      f.op('ReadVariableOp', [handle], { dtype: dtype! }, name);
    } else if (op === 'Const' && value) {
      const { shape, data } = value;
      const tensor = attr.tensor(value.dtype as NumericType, data, shape);
      f.op('Const', [], { dtype: dtype!, value: tensor }, name);
    } else {
      const attributes = Object.entries(given).map(([key, each]) => [key, encodeAttribute(each)] as const);
      f.op(op, input, Object.fromEntries(attributes), name);
    }
  }
  return f;
}

/** How variables get to a checkpoint and back: operations, and the SaverDef that names them. */
function addSaver(f: Fragment, variables: readonly (readonly [string, WeightTensor])[]): Message {
  const names = variables.map(([name]) => name);
  const file = strings(f, ['model'], [], SAVE.file);
  const keys = strings(f, names, [names.length], 'save/names');
  const slices = strings(
    f,
    names.map(() => ''),
    [names.length],
    'save/slices',
  );
  const dtypes = typeList(variables.map(() => typeNumber('DT_FLOAT')));
  f.op('SaveV2', [file, keys, slices, ...names], { dtypes }, SAVE.keep);
  f.op('Identity', [file, `^${SAVE.keep}`], { T: attr.type('string') }, SAVE.done);
  const restored = f.op('RestoreV2', [file, keys, slices], { dtypes }, SAVE.values);
  const assigned = names.map((name, i) =>
    f.op(
      'AssignVariableOp',
      [`${name}/variable`, i === 0 ? restored : `${restored}:${i}`],
      { dtype: attr.type('float32') },
      assignNode(i),
    ),
  );
  f.op(
    'NoOp',
    assigned.map((node) => `^${node}`),
    {},
    SAVE.restore,
  );
  return message(
    text(1, `${SAVE.file}:0`),
    text(2, `${SAVE.done}:0`),
    text(3, SAVE.restore),
    varint(7, CHECKPOINT_V2),
  );
}

/** Variables as Python finds them: a VariableDef each. */
function collection(variables: readonly (readonly [string, WeightTensor])[]): Message {
  const definitions = variables.map(([name], i) =>
    bytes(
      1,
      message(
        text(1, `${name}/variable:0`),
        text(2, assignNode(i)),
        text(3, `${name}:0`),
        varint(5, true),
        text(6, `${SAVE.values}:${i}`),
        varint(7, true),
      ),
    ),
  );
  return message(bytes(2, message(...definitions)));
}

const assignNode = (i: number): string => `save/Assign_${i}`;

function signature({ input, output, outputName, imageSize, classes }: SavedGraph): Message {
  const tensor = (name: string, sizes: readonly number[]): Message => {
    const shape = message(...sizes.map((size): FieldWriter => bytes(2, message(varint(1, size)))));
    return message(text(1, `${name}:0`), varint(2, typeNumber('DT_FLOAT')), bytes(3, shape));
  };
  return message(
    bytes(1, message(text(1, input), bytes(2, tensor(input, [-1, imageSize, imageSize, 3])))),
    bytes(2, message(text(1, outputName), bytes(2, tensor(output, [-1, classes])))),
    text(3, 'tensorflow/serving/predict'),
  );
}

/** Writes `PREFIX.index` and `PREFIX.data-00000-of-00001` by TensorFlow's SaveV2. */
async function saveVariables(
  prefix: string,
  variables: readonly (readonly [string, WeightTensor])[],
): Promise<void> {
  const f = new Fragment();
  const names = variables.map(([name]) => name);
  const inputs = variables.map(([, { shape }], i) => f.input(`value_${i}`, 'float32', shape));
  const file = strings(f, [resolve(prefix)], []);
  const keys = strings(f, names, [names.length]);
  const slices = strings(
    f,
    names.map(() => ''),
    [names.length],
  );
  const dtypes = typeList(variables.map(() => typeNumber('DT_FLOAT')));
  const save = f.op('SaveV2', [file, keys, slices, ...inputs], { dtypes });
  const graph = new Graph();
  const tensors: Tensor[] = [];
  try {
    graph.import(f);
    for (const [, { shape, data }] of variables)
      tensors.push(Tensor.from('float32', data as Float32Array<ArrayBuffer>, shape));
    const session = new Session(graph);
    try {
      const feeds = inputs.map((input, i) => [input, tensors[i]!] as const);
      await session.run(feeds, [], [save]);
    } finally {
      await session.close();
    }
  } finally {
    for (const tensor of tensors) tensor.dispose();
    graph.dispose();
  }
}
