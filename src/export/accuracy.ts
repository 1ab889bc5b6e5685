import type { Task } from '../data/dataset.js';
import { checkClasses, evaluate, evaluateLogits } from '../evaluate/index.js';
import { type Model, type Preprocessing, resizeImages } from '../model/index.js';
import { Fragment, Graph, Session, Tensor } from '../tensorflow/index.js';
import type { ExportFormat } from './format.js';

/** A model that was written, and how it is asked. */
export interface Written {
  format: ExportFormat;
  folder: string;
  /** It gives logits, not probabilities. */
  logits: boolean;
  /** It takes pixels after this preprocessing. */
  preprocessing: Preprocessing;
}

/**
 * Top-1 on a task's held-out images: of the written model, where a program opens it here, else of the one that it was made of.
 *
 * @throws InputError where the classes of model and task differ
 */
export async function accuracyOf(model: Model, task: Task, written: Written | undefined): Promise<number> {
  if (!written?.format.open) return (await evaluate(model, task)).top1;
  checkClasses(model.labels, task);
  const { format, folder, logits, preprocessing } = written;
  const { mean, std } = preprocessing;
  const { imageSize } = model;
  const opened = await format.open!(folder);
  const resizer = startResizer(imageSize);
  try {
    const logitsOf = async (images: Tensor) => {
      const sized = await resizer.run(images);
      const data = sized.map((value, i) => (value - mean[i % 3]!) / std[i % 3]!);
      const count = images.shape[0]!;
      const given = await opened.run({ data, shape: [count, imageSize, imageSize, 3] });
      // A softmax of logarithms gives the probabilities again.
      const values = logits ? given : given.map((probability) => Math.log(Math.max(probability, 1e-30)));
      return Tensor.from('float32', values as Float32Array<ArrayBuffer>, [count, given.length / count]);
    };
    return (await evaluateLogits(logitsOf, task.test, { imageSize })).top1;
  } finally {
    await resizer.close();
    await opened.close();
  }
}

/** Brings images to the size of the model, as the model itself does with those of another. */
function startResizer(size: number) {
  const f = new Fragment();
  const bytes = f.input('bytes', 'uint8', [-1, -1, -1, 3]);
  const resized = resizeImages(f, f.cast(bytes, 'uint8', 'float32'), size);
  const graph = new Graph();
  graph.import(f);
  const session = new Session(graph);
  return {
    async run(images: Tensor): Promise<Float32Array> {
      const [result] = await session.run([[bytes, images]], [resized]);
      try {
        return Float32Array.from(result!.data as Float32Array);
      } finally {
        result!.dispose();
      }
    },
    async close() {
      await session.close();
      graph.dispose();
    },
  };
}
