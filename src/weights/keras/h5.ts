import { statSync } from 'node:fs';
import { withFile } from '../../bytes/byte-source.js';
import { DESCRIPTION_KEY } from '../tfjs/metadata.js';
import { type KerasFile, kerasFile, layerGroups, readContents, TRAINING_STATE } from './contents.js';
import { readHdf5 } from './hdf5/read.js';
import { parseJson, parseKerasModel } from './topology/index.js';

const SIGNATURE = '\x89HDF\r\n\x1a\n';

/** True for an HDF5 file: its signature is at the start, or after a block of another program's of 512, 1024, ... bytes. */
export function isKerasH5(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return withFile(path, ({ size, read }) => {
    for (let at = 0; at + SIGNATURE.length <= size && at <= 2 ** 20; at = at === 0 ? 512 : 2 * at) {
      if (Buffer.from(read(at, SIGNATURE.length)).toString('latin1') === SIGNATURE) return true;
    }
    return false;
  });
}

/**
 * Reads an HDF5 file of Keras 1, 2 or 3: a whole model (`.h5`), or weights alone (`.h5`, `.weights.h5`). A whole model has
 * its topology, with nested models flattened. The optimizer's state is left out.
 *
 * @throws InputError with the path, for a file that is truncated, corrupt, hostile, or not Keras's
 */
export async function readKerasH5(path: string): Promise<KerasFile> {
  const { size } = withFile(path, (source) => source);
  const root = await readHdf5({ path, offset: 0, size }, { skip: TRAINING_STATE });
  const config = root.attributes.get('model_config');
  const model = typeof config === 'string' ? parseKerasModel(path, config) : undefined;
  const tensors = readContents(path, root, model);
  const version = (root.groups.get('model_weights') ?? root).attributes.get('keras_version');
  const metadata = version === undefined ? {} : { kerasVersion: version };
  const described = root.attributes.get(DESCRIPTION_KEY);
  const ours = typeof described === 'string' ? parseJson(path, described) : undefined;
  const format = layerGroups(root) ? 'keras-h5' : 'keras-weights';
  return kerasFile(format, { path, tensors, model, metadata, ours });
}
