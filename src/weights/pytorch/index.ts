import { type ByteSource, withFile } from '../../bytes/byte-source.js';
import type { WeightMap } from '../../model/weights.js';
import { isArchive, readArchive } from './archive.js';
import { readLegacy } from './legacy.js';

/** True for a file that `torch.save` may have written: its zip, or its older stream, which begins with a pickle. */
export function isPyTorch(source: ByteSource): boolean {
  if (isArchive(source)) return true;
  if (source.size < 2) return false;
  const [code, protocol] = source.read(0, 2);
  return code === 0x80 && (protocol as number) >= 2 && (protocol as number) <= 5;
}

/**
 * Reads the tensors of a `.pth` or `.pt` file under the names that they have there. Tensors and plain data are
 * read; a file that asks for anything else is refused by name, and nothing in it is ever run.
 *
 * @throws InputError for a file that is truncated, corrupt or hostile
 */
export function readPyTorch(path: string): WeightMap {
  return withFile(path, (source) => (isArchive(source) ? readArchive(source) : readLegacy(source)));
}
