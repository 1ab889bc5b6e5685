import protobuf from 'protobufjs/minimal.js';
import type { Fragment, Output } from './fragment.js';
import type { Attributes } from './proto.js';

/** A node of a fragment, as it was added. */
export interface FragmentNode {
  name: string;
  op: string;
  inputs: readonly Output[];
  attributes: Attributes;
}

const GRAPH_NODE = 1;
const NODE = { name: 1, op: 2, input: 3, attribute: 5 } as const;
const ENTRY = { key: 1, value: 2 } as const;

/** The nodes of a fragment, read back from its GraphDef, in the order in which they were added. */
export function nodesOf(fragment: Fragment): FragmentNode[] {
  const nodes: FragmentNode[] = [];
  readFields(fragment.encode(), (field, reader) => {
    if (field !== GRAPH_NODE) return false;
    nodes.push(readNode(reader.bytes()));
    return true;
  });
  return nodes;
}

function readNode(bytes: Uint8Array): FragmentNode {
  const inputs: Output[] = [];
  const node = { name: '', op: '', inputs, attributes: {} as Attributes };
  readFields(bytes, (field, reader) => {
    if (field === NODE.name) node.name = reader.string();
    else if (field === NODE.op) node.op = reader.string();
    else if (field === NODE.input) inputs.push(reader.string());
    else if (field === NODE.attribute) {
      let key = '';
      readFields(reader.bytes(), (part, entry) => {
        if (part === ENTRY.key) key = entry.string();
        else if (part === ENTRY.value) node.attributes[key] = entry.bytes();
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  return node;
}

/** Shows each field of a message to `read`, which answers whether it took it; what it leaves is skipped. */
function readFields(bytes: Uint8Array, read: (field: number, reader: protobuf.Reader) => boolean): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!read(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}
