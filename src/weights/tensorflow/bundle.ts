import { existsSync, statSync } from 'node:fs';
import { withFile } from '../../bytes/byte-source.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import { ELEMENT_BYTES, elementCount } from '../tensor-types.js';
import { weightType } from './element-types.js';
import { bytesField, fixed32Field, integerField, readFields } from './proto-reader.js';
import { readShape, readSlice, type SliceExtent } from './shapes.js';
import { readTable } from './table.js';

/** One tensor of a checkpoint (BundleEntryProto), checked against the file that holds it. */
export interface BundleEntry {
  /** TensorFlow's number of its element type. */
  dtype: number;
  shape: readonly number[];
  shard: number;
  /** In bytes, in the file of its shard. */
  offset: number;
  size: number;
  /** Masked CRC-32C of its bytes. */
  crc: number;
  /** Where it is stored in parts: which ones. Its own offset and size mean nothing then. */
  slices: readonly SliceExtent[][];
}

/** A checkpoint of TensorFlow's: `PREFIX.index` and `PREFIX.data-?????-of-?????`. */
export interface Bundle {
  prefix: string;
  index: string;
  /** By key. The parts of tensors that are stored so are left out: TensorFlow finds them. */
  entries: ReadonlyMap<string, BundleEntry>;
  /** Path of each shard. */
  shards: readonly string[];
}

const LITTLE_ENDIAN = 0;
/** TensorFlow's own number in the names of the shards has five digits. */
const MOST_SHARDS = 99_999;

/**
 * Reads the index of a checkpoint and checks it against the files of its values: TensorFlow, which reads the values,
 * trusts it.
 *
 * @throws InputError for an index that is damaged, and a file of values that is missing or too short
 */
export function openBundle(prefix: string): Bundle {
  const index = `${prefix}.index`;
  return withFile(index, (source) => {
    const [header, ...rest] = readTable(source);
    if (header === undefined || header.key.length > 0) throw damaged(index, 'a header', 'none');
    const shards = shardPaths(prefix, readHeader(index, header.value));
    const sizes = shards.map((shard) => shardSize(index, shard));
    const entries = new Map<string, BundleEntry>();
    const parts: [owner: string, BundleEntry][] = [];
    for (const { key, value } of rest) {
      const entry = readEntry(index, value);
      const owner = ownerOfPart(key);
      const name = owner ?? new TextDecoder().decode(key);
      checkEntry(index, name, entry, sizes);
      if (owner === undefined) entries.set(name, entry);
      else parts.push([owner, entry]);
    }
    checkParts(index, entries, parts);
    return { prefix, index, entries, shards };
  });
}

/**
 * The name of the tensor of which a key holds a part; undefined for a key that is a name itself. A part's key is a
 * zero, the name, and where the part is: zeros and 255 in a name have another byte after them, its end is 0, 1
 * (tensorflow/core/lib/strings/ordered_code.h).
 */
function ownerOfPart(key: Uint8Array): string | undefined {
  if (key[0] !== 0) return undefined;
  const name: number[] = [];
  for (let i = 1; i < key.length; i += 1) {
    const byte = key[i] as number;
    const isEscape = byte === 0 || byte === 255;
    if (byte === 0 && key[i + 1] === 1) break;
    name.push(byte);
    if (isEscape) i += 1;
  }
  return new TextDecoder().decode(Uint8Array.from(name));
}

/**
 * Checks that tensors which are stored in parts have all of them: TensorFlow ends the process for a part of another
 * type, and allocates whatever shape the whole claims.
 */
function checkParts(
  index: string,
  entries: ReadonlyMap<string, BundleEntry>,
  parts: readonly (readonly [owner: string, BundleEntry])[],
): void {
  const stored = new Map<string, number>();
  for (const [owner, { dtype, size }] of parts) {
    if (entries.get(owner)?.dtype !== dtype)
      throw damaged(index, `parts of ${owner} of its type`, 'another one');
    stored.set(owner, (stored.get(owner) ?? 0) + size);
  }
  for (const [name, { dtype, shape, slices }] of entries) {
    const type = weightType(dtype);
    if (slices.length === 0 || type === undefined) continue;
    const size = elementCount(shape) * ELEMENT_BYTES[type];
    if (stored.get(name) !== size) {
      throw damaged(index, `parts of ${name} of ${size} bytes in all`, `${stored.get(name) ?? 0}`);
    }
  }
}

function readHeader(path: string, header: Uint8Array): number {
  let shards = 0;
  let endianness = LITTLE_ENDIAN;
  readFields(path, header, {
    1: integerField((value) => {
      shards = value;
    }),
    2: integerField((value) => {
      endianness = value;
    }),
  });
  if (endianness !== LITTLE_ENDIAN) {
    throw new InputError(`${path} was written on a big-endian machine, which is not read here.`);
  }
  if (shards < 1 || shards > MOST_SHARDS) throw damaged(path, '1 to 99999 files of values', `${shards}`);
  return shards;
}

function shardPaths(prefix: string, count: number): string[] {
  const number = (value: number): string => String(value).padStart(5, '0');
  const first = `${prefix}.data-00000-of-${number(count)}`;
  // Before a list is made: the count is the file's claim.
  if (!existsSync(first)) throw missingShard(`${prefix}.index`, first);
  return Array.from({ length: count }, (_, shard) => `${prefix}.data-${number(shard)}-of-${number(count)}`);
}

function shardSize(index: string, path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw missingShard(index, path);
  return stat.size;
}

function missingShard(index: string, path: string): InputError {
  return new InputError(
    `The checkpoint ${index} keeps its values in ${path}, which is missing. Put that file beside it.`,
  );
}

function readEntry(path: string, value: Uint8Array): BundleEntry {
  const entry = { dtype: 0, shape: [] as number[], shard: 0, offset: 0, size: 0, crc: 0 };
  const slices: SliceExtent[][] = [];
  readFields(path, value, {
    1: integerField((dtype) => {
      entry.dtype = dtype;
    }),
    2: bytesField((shape) => {
      entry.shape = readShape(path, shape) ?? [];
    }),
    3: integerField((shard) => {
      entry.shard = shard;
    }),
    4: integerField((offset) => {
      entry.offset = offset;
    }),
    5: integerField((size) => {
      entry.size = size;
    }),
    6: fixed32Field((crc) => {
      entry.crc = crc;
    }),
    7: bytesField((slice) => slices.push(readSlice(path, slice))),
  });
  return { ...entry, slices };
}

function checkEntry(index: string, name: string, entry: BundleEntry, sizes: readonly number[]): void {
  const { shape, slices, shard, offset, size } = entry;
  const type = weightType(entry.dtype);
  if (!shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)) {
    throw damaged(index, `a shape of ${name}`, `[${shape}]`);
  }
  for (const slice of slices) {
    const fits = ({ start, length }: SliceExtent, axis: number): boolean =>
      start >= 0 && length >= -1 && start + Math.max(length, 0) <= (shape[axis] as number);
    if (slice.length !== shape.length || !slice.every(fits)) {
      throw damaged(index, `parts of ${name} within [${shape}]`, 'another one');
    }
  }
  if (slices.length > 0) return;
  const available = sizes[shard];
  if (available === undefined) throw damaged(index, `a file of values for ${name}`, `number ${shard}`);
  if (!(offset >= 0 && size >= 0 && offset + size <= available)) {
    throw damaged(index, `${name} within the ${available} bytes of its file`, `${size} from byte ${offset}`);
  }
  if (type !== undefined && elementCount(shape) * ELEMENT_BYTES[type] !== size) {
    throw damaged(index, `bytes of a ${type} [${shape}] for ${name}`, `${size}`);
  }
}
