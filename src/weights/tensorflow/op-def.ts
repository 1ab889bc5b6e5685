import { bytesField, readFields, textField } from './proto-reader.js';

/** An output, or an input, of an operation or a function. It may stand for several tensors. */
export interface ArgDef {
  name: string;
  /** Attribute that tells how many tensors; empty for one. */
  numberAttribute: string;
  /** Attribute whose list of types tells how many tensors; empty for one. */
  typeListAttribute: string;
}

/** What an operation takes and gives (tensorflow/core/framework/op_def.proto). */
export interface OpDef {
  name: string;
  inputs: readonly ArgDef[];
  outputs: readonly ArgDef[];
  /** Encoded values of attributes that a node may leave out. */
  defaults: ReadonlyMap<string, Uint8Array>;
}

/** Reads an OpDef, which is a function's signature as well. */
export function readOpDef(path: string, bytes: Uint8Array): OpDef {
  let name = '';
  const inputs: ArgDef[] = [];
  const outputs: ArgDef[] = [];
  const defaults = new Map<string, Uint8Array>();
  readFields(path, bytes, {
    1: textField((value) => {
      name = value;
    }),
    2: bytesField((argument) => inputs.push(readArgDef(path, argument))),
    3: bytesField((argument) => outputs.push(readArgDef(path, argument))),
    4: bytesField((attribute) => readDefault(path, attribute, defaults)),
  });
  return { name, inputs, outputs, defaults };
}

function readArgDef(path: string, bytes: Uint8Array): ArgDef {
  const found: ArgDef = { name: '', numberAttribute: '', typeListAttribute: '' };
  readFields(path, bytes, {
    1: textField((value) => {
      found.name = value;
    }),
    5: textField((value) => {
      found.numberAttribute = value;
    }),
    6: textField((value) => {
      found.typeListAttribute = value;
    }),
  });
  return found;
}

function readDefault(path: string, bytes: Uint8Array, defaults: Map<string, Uint8Array>): void {
  let name = '';
  let value: Uint8Array | undefined;
  readFields(path, bytes, {
    1: textField((text) => {
      name = text;
    }),
    3: bytesField((encoded) => {
      value = encoded;
    }),
  });
  if (value) defaults.set(name, value);
}
