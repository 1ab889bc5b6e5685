import { InputError } from '../../errors.js';
import { type GraphDef, readGraphDef } from './graph-def.js';
import { type OpDef, readOpDef } from './op-def.js';
import { bytesField, entryField, integerField, readFields, textField } from './proto-reader.js';
import { readShape } from './shapes.js';

/** A tensor that a signature takes or gives. */
export interface SignatureTensor {
  key: string;
  /** Output of a node of the graph, `node:0`. */
  output: string;
  dtype: number;
  /** -1 for open sizes; undefined where not even their number is known. */
  shape: readonly number[] | undefined;
}

/** A function that a model offers to the programs that serve it. */
export interface Signature {
  name: string;
  inputs: readonly SignatureTensor[];
  outputs: readonly SignatureTensor[];
}

/** One graph of a SavedModel. */
export interface MetaGraph {
  tags: readonly string[];
  graph: GraphDef;
  /** Definitions of the operations of its graph, by name: the writer's own. */
  ops: ReadonlyMap<string, OpDef>;
  signatures: readonly Signature[];
  /** Node that brings the variables' values from the checkpoint; empty where there are none. */
  restoreNode: string;
  /** JSON that Keras before 2.6 kept in the root of the object graph; empty elsewhere. */
  rootMetadata: string;
}

const SERVE = 'serve';

/**
 * Reads a SavedModel message: of its graphs, the one for inference.
 *
 * @param path the file, for messages
 */
export function readMetaGraph(path: string, bytes: Uint8Array): MetaGraph {
  const encoded: Uint8Array[] = [];
  readFields(path, bytes, { 2: bytesField((metaGraph) => encoded.push(metaGraph)) });
  const tagged = encoded.map((metaGraph) => ({ metaGraph, tags: readTags(path, metaGraph) }));
  // A TF Hub module has a graph without tags for inference, beside one for training.
  const chosen =
    tagged.find(({ tags }) => tags.includes(SERVE)) ??
    tagged.find(({ tags }) => tags.length === 0) ??
    tagged[0];
  if (chosen === undefined) throw new InputError(`${path} holds no graph. Save the model again.`);
  return decode(path, chosen.metaGraph, chosen.tags);
}

function readTags(path: string, metaGraph: Uint8Array): string[] {
  const tags: string[] = [];
  const info = { 4: textField((tag) => tags.push(tag)) };
  readFields(path, metaGraph, { 1: bytesField((bytes) => readFields(path, bytes, info)) });
  return tags;
}

function decode(path: string, metaGraph: Uint8Array, tags: readonly string[]): MetaGraph {
  const ops = new Map<string, OpDef>();
  const signatures: Signature[] = [];
  let graph: GraphDef | undefined;
  let [restoreNode, rootMetadata] = ['', ''];
  const opList = {
    1: bytesField((bytes) => {
      const definition = readOpDef(path, bytes);
      ops.set(definition.name, definition);
    }),
  };
  const saver = {
    3: textField((name) => {
      restoreNode = name;
    }),
  };
  readFields(path, metaGraph, {
    1: bytesField((info) =>
      readFields(path, info, { 2: bytesField((list) => readFields(path, list, opList)) }),
    ),
    2: bytesField((bytes) => {
      graph = readGraphDef(path, bytes);
    }),
    3: bytesField((bytes) => readFields(path, bytes, saver)),
    5: entryField(path, (name, bytes) => signatures.push(readSignature(path, name, bytes))),
    7: bytesField((objects) => {
      rootMetadata = readRootMetadata(path, objects);
    }),
  });
  if (graph === undefined) throw new InputError(`${path} holds no graph. Save the model again.`);
  return { tags, graph, ops, signatures, restoreNode, rootMetadata };
}

function readSignature(path: string, name: string, bytes: Uint8Array): Signature {
  const inputs: SignatureTensor[] = [];
  const outputs: SignatureTensor[] = [];
  readFields(path, bytes, {
    1: entryField(path, (key, tensor) => inputs.push(readTensorInfo(path, key, tensor))),
    2: entryField(path, (key, tensor) => outputs.push(readTensorInfo(path, key, tensor))),
  });
  return { name, inputs, outputs };
}

function readTensorInfo(path: string, key: string, bytes: Uint8Array): SignatureTensor {
  const tensor: SignatureTensor = { key, output: '', dtype: 0, shape: undefined };
  readFields(path, bytes, {
    1: textField((output) => {
      tensor.output = output;
    }),
    2: integerField((dtype) => {
      tensor.dtype = dtype;
    }),
    3: bytesField((shape) => {
      tensor.shape = readShape(path, shape);
    }),
  });
  return tensor;
}

/** The metadata of a SavedObjectGraph's first node, which is the model. */
function readRootMetadata(path: string, objects: Uint8Array): string {
  let first: Uint8Array | undefined;
  let metadata = '';
  readFields(path, objects, {
    1: bytesField((node) => {
      first ??= node;
    }),
  });
  const userObject = {
    3: textField((text) => {
      metadata = text;
    }),
  };
  if (first) readFields(path, first, { 4: bytesField((bytes) => readFields(path, bytes, userObject)) });
  return metadata;
}
