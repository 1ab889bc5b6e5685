import { writeFileSync } from 'node:fs';
import type { WeightMap } from '../../../src/model/weights.js';
import { bytesOf } from '../../../src/weights/tensor-types.js';
import { call, dict, global, pickle, storage, tensor, tuple, unicode } from '../../pickle/pickle-writer.js';
import { type Member, writeZip } from '../../weights/zip-writer.js';

const STORAGES: Readonly<Record<string, string>> = { float32: 'FloatStorage', int64: 'LongStorage' };

/** Writes tensors as `torch.save(model.state_dict(), path)` does: a zip of a pickle and of one member a storage. */
export function writePth(path: string, tensors: WeightMap): void {
  const entries: Buffer[] = [];
  const members: Member[] = [];
  for (const [name, { dtype, shape, data }] of tensors) {
    const key = String(members.length);
    const from = storage(key, data.length, { type: STORAGES[dtype] });
    entries.push(unicode(name), tensor(from, 0, shape, rowMajor(shape)));
    members.push({ name: `model/data/${key}`, bytes: bytesOf(data) });
  }
  // An OrderedDict is made empty and then filled: SETITEMS follows the items.
  const empty = call(global('collections', 'OrderedDict'), tuple());
  const filled = dict(...entries).subarray(1);
  const root = { name: 'model/data.pkl', bytes: pickle(empty, filled) };
  writeFileSync(
    path,
    writeZip([root, { name: 'model/byteorder', bytes: Buffer.from('little') }, ...members]),
  );
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((count, size) => count * size, 1));
}
