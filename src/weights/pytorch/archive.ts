import { ByteCursor } from '../../bytes/byte-cursor.js';
import { type ByteSource, memorySource } from '../../bytes/byte-source.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import type { WeightMap } from '../../model/weights.js';
import { Unpickler } from '../../pickle/index.js';
import { ZipArchive } from '../zip.js';
import { torchAllowList } from './allow-list.js';
import { materialize } from './materialize.js';
import { stateDict } from './state-dict.js';

/** The member that holds the pickle; its folder has any name, usually `archive` or the file's own. */
const PICKLE = /^[^/]+\/data\.pkl$/;

/** Reads the zip that `torch.save` writes since version 1.6: `<name>/data.pkl` and one `<name>/data/<key>` a storage. */
export function readArchive(source: ByteSource): WeightMap {
  const { path, size } = source;
  const zip = new ZipArchive(source);
  const pickle = [...zip.entries.values()].find((entry) => PICKLE.test(entry.name));
  if (pickle === undefined) throw damaged(path, "a member 'archive/data.pkl'", 'an archive without one');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const byteOrder = zip.entries.get(`${folder}byteorder`);
  if (byteOrder !== undefined && new TextDecoder().decode(zip.read(byteOrder)) === 'big') {
    throw new InputError(
      `${path} was written on a big-endian machine, which is not read here. Save it on another one.`,
    );
  }
  const root = new Unpickler(
    new ByteCursor(memorySource(path, zip.read(pickle))),
    torchAllowList(path),
  ).load();
  return materialize(path, size, stateDict(path, root), ({ key }) => {
    const entry = zip.entries.get(`${folder}data/${key}`);
    if (entry === undefined) throw damaged(path, `storage '${folder}data/${key}'`, 'none of this name');
    return zip.read(entry);
  });
}

/** True for a zip whose first member or directory holds such a pickle: other formats are zip archives as well. */
export function isArchive(source: ByteSource): boolean {
  if (source.size < 30) return false;
  const header = new DataView(source.read(0, 30).buffer);
  if (header.getUint32(0, true) !== 0x04034b50) return false;
  const nameLength = header.getUint16(26, true);
  if (source.size < 30 + nameLength) return false;
  if (PICKLE.test(new TextDecoder().decode(source.read(30, nameLength)))) return true;
  try {
    return [...new ZipArchive(source).entries.keys()].some((name) => PICKLE.test(name));
  } catch {
    return false;
  }
}
