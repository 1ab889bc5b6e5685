import { withFile } from '../../bytes/byte-source.js';
import { damaged } from '../../bytes/damaged.js';
import type { Bundle, BundleEntry } from './bundle.js';
import { maskedCrc32c } from './crc32c.js';
import { STRING } from './element-types.js';
import { bytesField, readFields, textField } from './proto-reader.js';

/** Where TensorFlow 2 keeps the objects that its checkpoints are made of. */
export const OBJECT_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH';

const LENGTH_CRC_BYTES = 4;

/**
 * Names of the variables of an object-based checkpoint, by key: `stem_conv/kernel` for
 * `layer_with_weights-1/kernel/.ATTRIBUTES/VARIABLE_VALUE`. Undefined for a checkpoint of TensorFlow 1, whose keys
 * are names themselves.
 */
export function variableNames(bundle: Bundle): Map<string, string> | undefined {
  const entry = bundle.entries.get(OBJECT_GRAPH);
  if (entry === undefined) return undefined;
  const names = new Map<string, string>();
  const path = bundle.shards[entry.shard] as string;
  // A TrackableObjectGraph: its nodes have attributes, which have a full name and a key.
  readFields(path, readString(bundle, entry), {
    1: bytesField((node) =>
      readFields(path, node, {
        2: bytesField((attribute) => {
          let [name, key] = ['', ''];
          readFields(path, attribute, {
            2: textField((value) => {
              name = value;
            }),
            3: textField((value) => {
              key = value;
            }),
          });
          if (name && key) names.set(key, name);
        }),
      }),
    ),
  });
  return names;
}

/**
 * Reads a single string out of a checkpoint: its length, the checksum of the length, its bytes. TensorFlow would
 * allocate whatever length the file claims.
 */
function readString(bundle: Bundle, { dtype, shape, shard, offset, size, crc }: BundleEntry): Uint8Array {
  const path = bundle.shards[shard] as string;
  if (dtype !== STRING || shape.length > 0)
    throw damaged(bundle.index, `one string as ${OBJECT_GRAPH}`, 'none');
  const stored = withFile(path, (source) => source.read(offset, size));
  let start = 0;
  let length = 0;
  for (let scale = 1; start < stored.length; scale *= 128) {
    const byte = stored[start++] as number;
    length += (byte & 127) * scale;
    if (byte < 128) break;
  }
  const text = stored.subarray(start + LENGTH_CRC_BYTES);
  if (text.length !== length || maskedCrc32c(crcInput(stored, start, length)) !== crc) {
    throw damaged(path, `${OBJECT_GRAPH} with its checksum`, 'another one');
  }
  return text;
}

/** The checksum of a string covers its length as four bytes (eight for a longer one), not as it is stored. */
function crcInput(stored: Uint8Array, start: number, length: number): Uint8Array {
  const wide = length > 0xffffffff;
  const input = new Uint8Array((wide ? 8 : 4) + stored.length - start);
  const view = new DataView(input.buffer);
  if (wide) view.setBigUint64(0, BigInt(length), true);
  else view.setUint32(0, length, true);
  input.set(stored.subarray(start), wide ? 8 : 4);
  return input;
}
