import { statSync } from 'node:fs';
import zlib from 'node:zlib';
import { type ByteSource, withFile } from '../../bytes/byte-source.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import { DESCRIPTION_KEY } from '../tfjs/metadata.js';
import { ZipArchive } from '../zip.js';
import type { ZipEntry } from '../zip-directory.js';
import { type KerasFile, kerasFile, readContents, TRAINING_STATE } from './contents.js';
import { readHdf5 } from './hdf5/read.js';
import type { Hdf5Place } from './hdf5/tree.js';
import { parseJson, parseKerasModel } from './topology/index.js';

/** The members of an archive: the topology, what is said about the file, and the weights. */
export const CONFIG = 'config.json';
export const METADATA = 'metadata.json';
export const WEIGHTS = 'model.weights.h5';
/** The largest descriptions of models take a few MB. */
const LONGEST_JSON = 128 * 2 ** 20;
const BYTES_AT_ONCE = 8 * 2 ** 20;

/** True for a `.keras` file: a zip archive with a model's configuration and its weights. */
export function isKerasArchive(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return withFile(path, (source) => {
    if (source.size < 4 || Buffer.from(source.read(0, 4)).toString('latin1') !== 'PK\x03\x04') return false;
    try {
      const { entries } = new ZipArchive(source);
      return entries.has(CONFIG) && [...entries.keys()].some((name) => name.startsWith('model.weights.'));
    } catch {
      return false;
    }
  });
}

/**
 * Reads a `.keras` file, of Keras 2.12 and later: a zip archive whose weights are read where they lie in it. Nested models
 * are flattened, the optimizer's state is left out.
 *
 * @throws InputError with the path, for a file that is truncated, corrupt or hostile
 */
export async function readKerasArchive(path: string): Promise<KerasFile> {
  const { model, metadata, place } = withFile(path, (source) => {
    const zip = new ZipArchive(source);
    return {
      model: parseKerasModel(path, text(source, zip, CONFIG)),
      metadata: zip.entries.has(METADATA) ? parseJson(path, text(source, zip, METADATA)) : {},
      place: placeOf(source, zip),
    };
  });
  const root = await readHdf5(place, { skip: TRAINING_STATE });
  const { keras_version: kerasVersion, [DESCRIPTION_KEY]: ours } = (metadata ?? {}) as Record<
    string,
    unknown
  >;
  const tensors = readContents(path, root, model);
  return kerasFile('keras', { path, tensors, model, metadata: { kerasVersion }, ours });
}

function text({ path }: ByteSource, zip: ZipArchive, name: string): string {
  const entry = zip.entries.get(name);
  if (entry === undefined) throw damaged(path, `the member '${name}'`, 'an archive without it');
  if (entry.size > LONGEST_JSON)
    throw damaged(path, `at most ${LONGEST_JSON} bytes of '${name}'`, `${entry.size}`);
  return new TextDecoder().decode(zip.read(entry));
}

/** Where the weights lie: inside the archive, as Keras stores them, or in memory, where they are packed. */
function placeOf(source: ByteSource, zip: ZipArchive): Hdf5Place {
  const { path } = source;
  const entry = zip.entries.get(WEIGHTS);
  if (entry === undefined) {
    throw new InputError(
      `${path} has no '${WEIGHTS}': models whose weights are in HDF5 are read. Save the model again, with h5py installed.`,
    );
  }
  if (entry.method !== 0) return { path, offset: 0, size: entry.size, bytes: zip.read(entry) };
  const header = new DataView(source.read(entry.headerOffset, 30).buffer);
  const offset = entry.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  checkChecksum(source, entry, offset);
  return { path, offset, size: entry.size };
}

// Node 20 has crc32 from 20.15 on; before that, corruption of the weights goes unseen.
function checkChecksum(source: ByteSource, { name, size, crc32 }: ZipEntry, offset: number): void {
  if (typeof zlib.crc32 !== 'function') return;
  let sum = 0;
  for (let at = 0; at < size; at += BYTES_AT_ONCE) {
    sum = zlib.crc32(source.read(offset + at, Math.min(BYTES_AT_ONCE, size - at)), sum);
  }
  if (sum !== crc32)
    throw damaged(source.path, `the checksum that the archive gives for '${name}'`, 'another one');
}
