import { ByteCursor } from '../../bytes/byte-cursor.js';
import type { ByteSource } from '../../bytes/byte-source.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import type { WeightMap } from '../../model/weights.js';
import { type PickleValue, Unpickler } from '../../pickle/index.js';
import { ELEMENT_BYTES } from '../tensor-types.js';
import { torchAllowList } from './allow-list.js';
import { materialize } from './materialize.js';
import { stateDict } from './state-dict.js';
import type { PickleStorage } from './tensor.js';

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

/**
 * Reads the stream that `torch.save` wrote before version 1.6: pickles of a magic number, a protocol, facts
 * about the machine, the object, and the keys of its storages; then for each key an int64 count of elements and
 * the elements, little-endian.
 */
export function readLegacy(source: ByteSource): WeightMap {
  const cursor = new ByteCursor(source);
  const { path } = source;
  const allowList = torchAllowList(path);
  if (new Unpickler(cursor, allowList).load() !== MAGIC_NUMBER) {
    throw damaged(path, 'the magic number of torch.save', 'another pickle');
  }
  const version = new Unpickler(cursor, allowList).load();
  if (version !== PROTOCOL_VERSION) {
    throw damaged(path, `protocol ${PROTOCOL_VERSION} of torch.save`, String(version));
  }
  checkMachine(path, new Unpickler(cursor, allowList).load());
  const object = new Unpickler(cursor, allowList);
  const root = object.load();
  const keys = new Unpickler(cursor, allowList).load();
  if (!Array.isArray(keys)) throw damaged(path, 'the keys of the storages', 'something else');
  const places = locate(cursor, keys, allowList.storages);
  return materialize(path, source.size, stateDict(path, root), ({ key }) => {
    const place = places.get(key);
    if (place === undefined) throw damaged(path, `storage '${key}'`, 'none of this key');
    return source.read(place.offset, place.length);
  });
}

function checkMachine(path: string, machine: PickleValue): void {
  if (!(machine instanceof Map)) throw damaged(path, 'facts about the machine', 'something else');
  if (machine.get('little_endian') === false) {
    throw new InputError(
      `${path} was written on a big-endian machine, which is not read here. Save it on another one.`,
    );
  }
}

/** Where each storage lies in the stream: one follows the other, so that all of them have to be known. */
function locate(
  cursor: ByteCursor,
  keys: readonly PickleValue[],
  storages: ReadonlyMap<string, PickleStorage>,
): Map<string, { offset: number; length: number }> {
  const { path, size } = cursor.source;
  const places = new Map<string, { offset: number; length: number }>();
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined) throw damaged(path, 'the key of a storage', String(key));
    const count = Number(cursor.view(8).getBigInt64(0, true));
    if (count !== storage.count) {
      throw damaged(path, `${storage.count} elements in storage '${storage.key}'`, `${count}`);
    }
    const length = count * ELEMENT_BYTES[storage.dtype];
    const offset = cursor.position;
    if (offset + length > size) {
      throw damaged(
        path,
        `${length} bytes of storage '${storage.key}' from byte ${offset}`,
        `the end of the file at ${size}`,
      );
    }
    places.set(storage.key, { offset, length });
    cursor.position += length;
  }
  return places;
}
