import { damaged } from '../../bytes/damaged.js';
import { type OpDef, readOpDef } from './op-def.js';
import { bytesField, entryField, readFields, textField } from './proto-reader.js';

/** One node of a graph, or of a function's body, as the file has it. */
export interface NodeDef {
  name: string;
  op: string;
  /** In a graph `node`, `node:1` or `^node`; in a function an argument, `node:output:0` or `^node`. */
  inputs: readonly string[];
  /** Encoded AttrValues: decoded for the few nodes that are needed. */
  attributes: ReadonlyMap<string, Uint8Array>;
}

/** A function of a graph. */
export interface FunctionDef {
  signature: OpDef;
  nodes: ReadonlyMap<string, NodeDef>;
  /** Where each output of the signature comes from. */
  returns: ReadonlyMap<string, string>;
}

/** A graph with its functions. */
export interface GraphDef {
  nodes: ReadonlyMap<string, NodeDef>;
  functions: ReadonlyMap<string, FunctionDef>;
}

/** Reads a GraphDef. Values stay where they are: nodes refer to the bytes of the file. */
export function readGraphDef(path: string, bytes: Uint8Array): GraphDef {
  const nodes = new Map<string, NodeDef>();
  const functions = new Map<string, FunctionDef>();
  const library = {
    1: bytesField((encoded) => {
      const found = readFunction(path, encoded);
      functions.set(found.signature.name, found);
    }),
  };
  readFields(path, bytes, {
    1: bytesField((node) => addNode(path, nodes, node)),
    2: bytesField((encoded) => readFields(path, encoded, library)),
  });
  return { nodes, functions };
}

function readFunction(path: string, bytes: Uint8Array): FunctionDef {
  const nodes = new Map<string, NodeDef>();
  const returns = new Map<string, string>();
  let signature = readOpDef(path, new Uint8Array(0));
  readFields(path, bytes, {
    1: bytesField((encoded) => {
      signature = readOpDef(path, encoded);
    }),
    3: bytesField((node) => addNode(path, nodes, node)),
    4: entryField(path, (name, source) => returns.set(name, new TextDecoder().decode(source))),
  });
  return { signature, nodes, returns };
}

function addNode(path: string, nodes: Map<string, NodeDef>, bytes: Uint8Array): void {
  let [name, op] = ['', ''];
  const inputs: string[] = [];
  const attributes = new Map<string, Uint8Array>();
  readFields(path, bytes, {
    1: textField((value) => {
      name = value;
    }),
    2: textField((value) => {
      op = value;
    }),
    3: textField((input) => inputs.push(input)),
    5: entryField(path, (key, value) => attributes.set(key, value)),
  });
  if (!name || !op || nodes.has(name)) throw damaged(path, 'nodes with names of their own', `'${name}'`);
  nodes.set(name, { name, op, inputs, attributes });
}
