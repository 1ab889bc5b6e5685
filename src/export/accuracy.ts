import type { Task } from '../data/dataset.js';
import { evaluateLogits } from '../evaluate/index.js';
import { type Preprocessing, resizeImages } from '../model/index.js';
import { Fragment, Graph, Session, Tensor } from '../tensorflow/index.js';
import type { OpenedModel } from './format.js';

/** How a written model is asked. */
export interface Asked {
  /** It gives logits, not probabilities. */
  logits: boolean;
  /** It takes pixels after this preprocessing. */
  preprocessing: Preprocessing;
  imageSize: number;
}

/** Top-1 of a written model on a task's held-out images; the program that opened it stays the caller's. */
export async function accuracyOf(
  opened: OpenedModel,
  task: Task,
  { logits, preprocessing: { mean, std }, imageSize }: Asked,
): Promise<number> {
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
