import { statSync } from 'node:fs';
import { ByteCursor } from '../../bytes/byte-cursor.js';
import { type ByteSource, withFile } from '../../bytes/byte-source.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import type { WeightMap, WeightType } from '../../model/weights.js';
import { ELEMENT_BYTES, elementCount, typedView } from '../tensor-types.js';
import { type FlaxValue, MsgpackDecoder, StoredTensor } from './msgpack.js';

/** Types of numpy that are read, by name. */
const TYPES: Readonly<Record<string, WeightType>> = {
  float32: 'float32',
  float64: 'float64',
  float16: 'float16',
  bfloat16: 'bfloat16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  bool: 'bool',
};

/**
 * Where the parameters of a model and its state (the statistics of batch normalization) lie in a checkpoint: a model
 * by itself, as published, and one of a training run.
 */
const ROOTS: readonly { params: string; state: string }[] = [
  { params: '0/params/', state: '1/' },
  { params: 'optimizer/target/params/', state: 'model_state/' },
];

/** True for a file that begins as `flax.serialization` begins one: a map of MessagePack, with a name as first key. */
export function isFlax(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true && withFile(path, beginsWithMap);
}

function beginsWithMap(source: ByteSource): boolean {
  const start = source.read(0, Math.min(source.size, 40));
  const code = start[0] ?? 0;
  const isWide = code === 0xde || code === 0xdf;
  if (!isWide && (code <= 0x80 || code > 0x8f)) return false;
  const key = isWide ? (code === 0xde ? 3 : 5) : 1;
  const length = (start[key] ?? 0) - 0xa0;
  if (length < 1 || length > 0x1f || key + 1 + length > start.length) return false;
  return start.subarray(key + 1, key + 1 + length).every((byte) => byte >= 0x20 && byte < 0x7f);
}

/**
 * Reads a checkpoint of Flax (`flax.training.checkpoints`, `flax.serialization.to_bytes`), MessagePack with tensors.
 * Names are paths, `params/Stem_0/conv2d/kernel`, `state/Stem_0/batch_normalization/mean`; an optimizer's state is
 * left out and not read.
 *
 * @throws InputError for a file that is truncated or corrupt, and for a type that is not read
 */
export async function readFlax(path: string): Promise<{ tensors: WeightMap }> {
  return withFile(path, (source) => {
    const cursor = new ByteCursor(source);
    const root = new MsgpackDecoder(cursor).value();
    if (cursor.position !== source.size) {
      throw damaged(path, `its end at byte ${cursor.position}`, `${source.size} bytes`);
    }
    const stored = new Map<string, StoredTensor>();
    collect(root, '', stored);
    const tensors: WeightMap = new Map();
    for (const [name, tensor] of modelOf(stored)) tensors.set(name, materialize(source, name, tensor));
    if (tensors.size === 0)
      throw new InputError(`Expected tensors in ${path}, found none. Name another file.`);
    return { tensors };
  });
}

function collect(value: FlaxValue, path: string, into: Map<string, StoredTensor>): void {
  if (value instanceof StoredTensor) into.set(path, value);
  const entries = value instanceof Map ? value : Array.isArray(value) ? value.entries() : [];
  for (const [key, inner] of entries) {
    // The keys of a state are paths themselves, from the root: /Stem_0/batch_normalization.
    const name = String(key).replace(/^\//, '');
    collect(inner, path === '' ? name : `${path}/${name}`, into);
  }
}

/** The model's tensors, under names that do not tell what else the file holds. */
function modelOf(stored: ReadonlyMap<string, StoredTensor>): ReadonlyMap<string, StoredTensor> {
  const names = [...stored.keys()];
  const roots = ROOTS.find(({ params }) => names.some((name) => name.startsWith(params)));
  if (roots === undefined) return stored;
  const model = new Map<string, StoredTensor>();
  for (const [name, tensor] of stored) {
    if (name.startsWith(roots.params)) model.set(`params/${name.slice(roots.params.length)}`, tensor);
    else if (name.startsWith(roots.state)) model.set(`state/${name.slice(roots.state.length)}`, tensor);
  }
  return model;
}

function materialize(source: ByteSource, name: string, { dtype, shape, offset, length }: StoredTensor) {
  const type = Object.hasOwn(TYPES, dtype) ? TYPES[dtype] : undefined;
  if (type === undefined) {
    const known = Object.keys(TYPES).join(', ');
    throw new InputError(`Tensor '${name}' in ${source.path} is of type ${dtype}. Read are: ${known}.`);
  }
  const expected = elementCount(shape) * ELEMENT_BYTES[type];
  if (length !== expected) {
    throw damaged(source.path, `${expected} bytes in tensor '${name}' [${shape}]`, `${length}`);
  }
  return { dtype: type, shape, data: typedView(source.read(offset, length), type) };
}
