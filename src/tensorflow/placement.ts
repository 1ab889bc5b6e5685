import protobuf from 'protobufjs/minimal.js';
import { fields, header, type Message, message, text } from './proto.js';

/** Fields of GraphDef and NodeDef: tensorflow/core/framework/graph.proto, node_def.proto. */
const NODE = 1;
const NAME = 1;
const DEVICE = 4;

/** Where a node computes, for example `/device:GPU:1`; undefined for TensorFlow's choice. */
export type DeviceOf = (node: string) => string | undefined;

/**
 * A graph with nodes placed on devices.
 *
 * @param graphDef a GraphDef, encoded
 */
export function placedNodes(graphDef: Uint8Array, deviceOf: DeviceOf): Message {
  const parts: Uint8Array[] = [];
  const reader = protobuf.Reader.create(graphDef);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    if (tag >>> 3 !== NODE) {
      reader.skipType(tag & 7);
      parts.push(graphDef.subarray(start, reader.pos));
      continue;
    }
    const node = reader.bytes();
    const device = deviceOf(nameOf(node));
    if (device === undefined) {
      parts.push(graphDef.subarray(start, reader.pos));
      continue;
    }
    // Of a field that is there twice the later counts.
    const placed = message(text(DEVICE, device));
    parts.push(header(NODE, node.length + placed.length), node, placed);
  }
  return Buffer.concat(parts);
}

function nameOf(node: Uint8Array): string {
  const [name] = fields(node, NAME);
  if (name === undefined) throw new Error('A node of the graph has no name.');
  return Buffer.from(name).toString();
}
