import { join } from 'node:path';
import { writeKerasArchive } from '../weights/keras/index.js';
import type { ExportFormat } from './format.js';
import { kerasModel } from './keras-model.js';
import { openWithOwnReader } from './own-reader.js';

const FILE = 'model.keras';

/**
 * A `.keras` archive of Keras 3. Labels, image size, and the preprocessing that is left for its user lie in its
 * `metadata.json`, under `samFinetune`. Layers that Keras lacks become others that compute the same.
 */
export const keras: ExportFormat = {
  description:
    'Keras 3 archive (model.keras), which keras.models.load_model opens and Keras can train further',
  quantizations: [],
  usage: (out) => `keras.models.load_model(${JSON.stringify(`${out}/${FILE}`)})`,
  isOwn: (name) => name === FILE,
  async write(model, { out, metadata }) {
    await writeKerasArchive(join(out, FILE), kerasModel(model, 'keras-3'), { metadata });
  },
  open: (out, { model }) => {
    const { weights, labels } = kerasModel(model, 'keras-3');
    return openWithOwnReader(join(out, FILE), { weights, labels });
  },
};
