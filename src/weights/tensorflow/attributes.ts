import type { GraphAttribute, Json } from '../../../models/topology.js';
import { typeName } from './element-types.js';
import {
  bigintField,
  bytesField,
  entryField,
  type Fields,
  floatField,
  integerField,
  readFields,
  textField,
} from './proto-reader.js';
import { readShape } from './shapes.js';

/** Functions are attributes that have attributes. */
const DEEPEST = 16;

/**
 * An AttrValue in the JSON that protocol buffers have for it, which is that of a tfjs graph model: 64-bit integers as
 * text, bytes in base64, types by name. Of a tensor: its type and shape, without its values.
 */
export function attributeJson(path: string, bytes: Uint8Array, depth = 0): GraphAttribute {
  const found: GraphAttribute = {};
  const set = (key: string, value: Json): void => {
    found[key] = value;
  };
  const list: { [key: string]: Json[] } = {};
  readFields(path, bytes, {
    1: bytesField((encoded) => {
      readFields(
        path,
        encoded,
        valueFields(
          path,
          depth,
          (key, value) => {
            list[key] ??= [];
            list[key].push(value);
          },
          9,
        ),
      );
      set('list', list);
    }),
    ...valueFields(path, depth, set, 10),
    9: textField((name) => set('placeholder', name)),
  });
  return found;
}

/** Fields that a value and a list of values share; only the number of functions differs. */
function valueFields(
  path: string,
  depth: number,
  take: (key: string, value: Json) => void,
  functionField: number,
): Fields {
  return {
    2: bytesField((text) =>
      take('s', Buffer.from(text.buffer, text.byteOffset, text.length).toString('base64')),
    ),
    3: bigintField((value) => take('i', String(value))),
    4: floatField((value) => take('f', value)),
    5: integerField((value) => take('b', value !== 0)),
    6: integerField((value) => take('type', typeName(value))),
    7: bytesField((shape) => take('shape', shapeJson(path, shape))),
    8: bytesField((tensor) => take('tensor', tensorJson(path, tensor))),
    [functionField]: bytesField((func) => take('func', functionJson(path, func, depth))),
  };
}

function shapeJson(path: string, bytes: Uint8Array): { [key: string]: Json } {
  const shape = readShape(path, bytes);
  return shape ? { dim: shape.map((size) => ({ size: String(size) })) } : { unknownRank: true };
}

function tensorJson(path: string, bytes: Uint8Array): { [key: string]: Json } {
  const tensor: { [key: string]: Json } = { dtype: typeName(0), tensorShape: { dim: [] } };
  readFields(path, bytes, {
    1: integerField((dtype) => {
      tensor.dtype = typeName(dtype);
    }),
    2: bytesField((shape) => {
      tensor.tensorShape = shapeJson(path, shape);
    }),
  });
  return tensor;
}

function functionJson(path: string, bytes: Uint8Array, depth: number): { [key: string]: Json } {
  let name = '';
  const attr: { [key: string]: Json } = {};
  readFields(path, bytes, {
    1: textField((value) => {
      name = value;
    }),
    2: entryField(path, (key, value) => {
      if (depth < DEEPEST) attr[key] = attributeJson(path, value, depth + 1);
    }),
  });
  return { name, attr };
}
