import { damaged } from '../../bytes/damaged.js';
import type { WeightMap, WeightValues } from '../../model/weights.js';
import { gather, isRowMajor } from '../strided.js';
import { ELEMENT_BYTES, elementCount, typedView } from '../tensor-types.js';
import type { PickleStorage, PickleTensor } from './tensor.js';

/** Tensors that are not in row-major order are copied, in all at most this many times the file. */
const MOST_COPIED = 4;

/**
 * Gives tensors their values. A storage is read once; tensors in row-major order are views of it, others are
 * copied into row-major order.
 *
 * @param readStorage reads all bytes of a storage
 */
export function materialize(
  path: string,
  fileSize: number,
  tensors: ReadonlyMap<string, PickleTensor>,
  readStorage: (storage: PickleStorage) => Uint8Array,
): WeightMap {
  const storages = new Map<string, Uint8Array>();
  const copies = new Map<string, WeightValues>();
  let copied = 0;

  const storageValues = (storage: PickleStorage): WeightValues => {
    let bytes = storages.get(storage.key);
    if (bytes === undefined) {
      bytes = readStorage(storage);
      storages.set(storage.key, bytes);
    }
    const expected = storage.count * ELEMENT_BYTES[storage.dtype];
    if (bytes.length !== expected) {
      throw damaged(path, `${expected} bytes in storage '${storage.key}'`, `${bytes.length}`);
    }
    return typedView(bytes, storage.dtype);
  };

  const values = (tensor: PickleTensor): WeightValues => {
    const { storage, offset, shape, strides } = tensor;
    const all = storageValues(storage);
    if (isRowMajor(tensor)) return all.subarray(offset, offset + elementCount(shape));
    // Weights that a network uses twice have two names and one place: they stay one array.
    const place = JSON.stringify([storage.key, storage.dtype, offset, shape, strides]);
    const known = copies.get(place);
    if (known !== undefined) return known;
    copied += elementCount(shape) * ELEMENT_BYTES[storage.dtype];
    if (copied > MOST_COPIED * fileSize)
      throw damaged(path, 'tensors of about its own size', `${copied} bytes of them`);
    const copy = gather(all, storage.dtype, tensor);
    copies.set(place, copy);
    return copy;
  };

  const weights: WeightMap = new Map();
  for (const [name, tensor] of tensors) {
    weights.set(name, { dtype: tensor.storage.dtype, shape: tensor.shape, data: values(tensor) });
  }
  return weights;
}
