import { join } from 'node:path';
import { writeKerasH5 } from '../weights/keras/index.js';
import type { ExportFormat } from './format.js';
import { kerasModel } from './keras-model.js';
import { openWithOwnReader } from './own-reader.js';

const FILE = 'model.h5';

/**
 * A whole model in HDF5, as Keras 2 writes it and Keras 2 and 3 read it. Labels, image size, and the preprocessing that is
 * left for its user lie in the file's attribute `samFinetune`. Layers that Keras 2 lacks become others that compute the same.
 */
export const h5: ExportFormat = {
  description: 'Keras HDF5 (model.h5), which load_model of Keras 2, tf_keras and Keras 3 opens',
  quantizations: [],
  usage: (out) => `keras.models.load_model(${JSON.stringify(`${out}/${FILE}`)})`,
  isOwn: (name) => name === FILE,
  async write(model, { out, metadata }) {
    await writeKerasH5(join(out, FILE), kerasModel(model, 'keras-2'), { metadata });
  },
  open: (out, { model }) => {
    const { weights, labels } = kerasModel(model, 'keras-2');
    return openWithOwnReader(join(out, FILE), { weights, labels });
  },
};
