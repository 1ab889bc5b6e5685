import { damaged } from '../../bytes/damaged.js';
import type { WeightType } from '../../model/weights.js';
import { type AllowList, isCount, PickleGlobal, type PickleValue } from '../../pickle/index.js';
import { extent } from '../strided.js';
import { elementCount, isShape } from '../tensor-types.js';
import { PickleStorage, PickleTensor, StorageClass } from './tensor.js';

/** Classes of storage, by the element type that they hold. */
const STORAGES: Readonly<Record<string, WeightType>> = {
  'torch.FloatStorage': 'float32',
  'torch.DoubleStorage': 'float64',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
  'torch.IntStorage': 'int32',
  'torch.LongStorage': 'int64',
  'torch.ByteStorage': 'uint8',
  'torch.BoolStorage': 'bool',
};

type Call = (path: string, args: readonly PickleValue[]) => PickleValue;

/** Functions that a pickle of weights calls, as functions of ours that only arrange data. */
const CALLS: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': orderedDict,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': rebuildParameter,
};

/** What a pickle of weights may name, and the storages that it named, by key. */
export interface TorchAllowList extends AllowList {
  readonly storages: ReadonlyMap<string, PickleStorage>;
}

/** The allow-list of one file. */
export function torchAllowList(path: string): TorchAllowList {
  const storages = new Map<string, PickleStorage>();
  const calls = Object.entries(CALLS).map(
    ([name, call]) => new PickleGlobal(name, (args) => call(path, args)),
  );
  const classes = Object.entries(STORAGES).map(([name, dtype]) => new StorageClass(name, dtype));
  return {
    title: 'tensors',
    globals: new Map([...calls, ...classes].map((known) => [known.name, known])),
    advice: 'Save the state dict alone (torch.save(model.state_dict(), ...)) where you trust the file.',
    storages,
    persistent: (id) => {
      const storage = persistentStorage(path, id);
      storages.set(storage.key, storage);
      return storage;
    },
  };
}

/** The storage that a persistent id of `torch.save` names: ('storage', class, key, location, elements[, view]). */
function persistentStorage(path: string, id: PickleValue): PickleStorage {
  const [kind, storageClass, key, , count, view] = Array.isArray(id) ? id : [];
  const dtype = storageClass instanceof StorageClass ? storageClass.dtype : undefined;
  if (kind !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(count)) {
    throw damaged(path, 'the name of a storage', 'something else');
  }
  if (!Array.isArray(view)) return new PickleStorage(key, dtype, count, 0);
  const [, offset, length] = view;
  if (!isCount(offset) || !isCount(length) || offset + length > count) {
    throw damaged(path, `a view within storage '${key}' of ${count} elements`, 'one beyond it');
  }
  return new PickleStorage(key, dtype, count, offset);
}

function orderedDict(path: string, args: readonly PickleValue[]): PickleValue {
  const [pairs = []] = args;
  if (!Array.isArray(pairs)) throw damaged(path, 'pairs for an OrderedDict', 'something else');
  return new Map(
    pairs.map((pair): [PickleValue, PickleValue] => {
      if (!Array.isArray(pair) || pair.length !== 2) throw damaged(path, 'a pair', 'something else');
      return [pair[0] as PickleValue, pair[1] as PickleValue];
    }),
  );
}

/** Arguments: storage, offset, size, stride, requires_grad, backward_hooks[, metadata]. */
function rebuildTensor(path: string, args: readonly PickleValue[]): PickleValue {
  const [storage, offset, shape, strides] = args;
  const isSound =
    storage instanceof PickleStorage &&
    isCount(offset) &&
    isShape(shape) &&
    isShape(strides) &&
    shape.length === strides.length;
  if (!isSound)
    throw damaged(path, 'a storage, an offset, a shape and strides of a tensor', 'something else');
  const tensor = new PickleTensor(storage, storage.viewOffset + offset, shape, strides);
  // An expanded tensor repeats elements (stride 0): a few bytes of file could claim any amount of memory.
  const count = elementCount(shape);
  if (count > storage.count || extent(tensor) > storage.count) {
    throw damaged(
      path,
      `a tensor within ${storage.count} elements`,
      `[${shape}] with strides [${strides}] at ${offset}`,
    );
  }
  return tensor;
}

/** Arguments: tensor, requires_grad, backward_hooks. */
function rebuildParameter(path: string, [tensor]: readonly PickleValue[]): PickleValue {
  if (!(tensor instanceof PickleTensor)) throw damaged(path, 'the tensor of a parameter', 'something else');
  return tensor;
}
