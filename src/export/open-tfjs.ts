import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { addonState, loadTfjsNode } from '../tfjs/tfjs-node.js';
import { NotOpened, type OpenedModel } from './format.js';

/**
 * Opens a tfjs model in tfjs itself, on its native backend: that in JavaScript would take minutes for a large model.
 *
 * @throws NotOpened where tfjs-node's addon is not built
 */
export async function openTfjs(
  folder: string,
  load: 'loadLayersModel' | 'loadGraphModel',
): Promise<OpenedModel> {
  const { built, reason } = addonState();
  if (!built) throw new NotOpened(`tfjs-node's addon is not there: ${reason}`);
  const tf = await loadTfjsNode();
  await tf.setBackend('tensorflow');
  const model = await tf[load](pathToFileURL(join(folder, 'model.json')).href);
  return {
    program: `tfjs ${tf.version.tfjs}`,
    async run({ data, shape }) {
      const images = tf.tensor4d(data, [...shape]);
      try {
        const result = model.predict(images) as ReturnType<typeof tf.tensor>;
        try {
          return (await result.data()) as Float32Array;
        } finally {
          result.dispose();
        }
      } finally {
        images.dispose();
      }
    },
    close: () => void model.dispose(),
  };
}
