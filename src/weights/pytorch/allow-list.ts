import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import type { WeightType } from '../../model/weights.js';
import { extent } from '../strided.js';
import { elementCount, isShape } from '../tensor-types.js';
import { PickleGlobal, PickleStorage, PickleTensor, type PickleValue } from './values.js';

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

/**
 * Resolves a class or function that a pickle names. Whatever is not in the tables above is refused: nothing from
 * a file is ever imported or run.
 */
export function resolveGlobal(path: string, module: string, name: string): PickleGlobal {
  const full = `${module}.${name}`;
  const storage = Object.hasOwn(STORAGES, full) ? STORAGES[full] : undefined;
  if (storage !== undefined) return new PickleGlobal(full, undefined, storage);
  const call = Object.hasOwn(CALLS, full) ? CALLS[full] : undefined;
  if (call !== undefined) return new PickleGlobal(full, (args) => call(path, args));
  const known = [...Object.keys(CALLS), ...Object.keys(STORAGES)].join(', ');
  throw new InputError(
    `${path} asks for '${full}', which is refused: only tensors and plain data are read, and nothing is run. ` +
      `Known: ${known}. Save the state dict alone (torch.save(model.state_dict(), ...)) where you trust the file.`,
  );
}

/** The storage that a persistent id of `torch.save` names: ('storage', class, key, location, elements[, view]). */
export function persistentStorage(path: string, id: PickleValue): PickleStorage {
  const [kind, storageClass, key, , count, view] = Array.isArray(id) ? id : [];
  const dtype = storageClass instanceof PickleGlobal ? storageClass.storageType : undefined;
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

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
