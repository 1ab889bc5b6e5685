import type { GraphAttribute, Json } from '../../../models/topology.js';
import { bytes, float, type Message, message, varint } from '../../tensorflow/proto.js';
import { typeNumber } from './element-types.js';

/** An attribute in the JSON that protocol buffers have for it as an AttrValue: what `attributeJson` reads, the other way. */
export function encodeAttribute(attribute: GraphAttribute): Message {
  const [entry] = Object.entries(attribute);
  if (!entry) return new Uint8Array(0);
  const [kind, value] = entry;
  switch (kind) {
    case 'type':
      return message(varint(6, typeNumber(String(value))));
    case 's':
      return message(bytes(2, Buffer.from(String(value), 'base64')));
    case 'i':
      return message(varint(3, Number(value)));
    case 'f':
      return message(float(4, Number(value)));
    case 'b':
      return message(varint(5, value === true));
    case 'shape':
      return message(bytes(7, encodeShape(value)));
    case 'list':
      return message(bytes(1, encodeList(value as { [key: string]: Json[] })));
    default:
      throw new Error(`A graph attribute of kind '${kind}' cannot be written.`);
  }
}

function encodeShape(value: Json | undefined): Message {
  const { dim } = value as { dim?: { size: Json }[] };
  if (!dim) return message(varint(3, true));
  return message(...dim.map(({ size }) => bytes(2, message(varint(1, Number(size))))));
}

function encodeList(list: { [key: string]: Json[] }): Message {
  const { s = [], i = [], f = [], b = [], type = [] } = list;
  return message(
    ...s.map((value) => bytes(2, Buffer.from(String(value), 'base64'))),
    ...i.map((value) => varint(3, Number(value))),
    ...f.map((value) => float(4, Number(value))),
    ...b.map((value) => varint(5, value === true)),
    ...type.map((value) => varint(6, typeNumber(String(value)))),
  );
}
