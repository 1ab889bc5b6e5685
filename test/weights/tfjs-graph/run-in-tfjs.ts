import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

/** What `tf.loadGraphModel` makes of a folder: the file system stands in for a browser's requests. */
export async function loadGraphInTfjs(folder: string): Promise<tf.GraphModel> {
  const json = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as tf.io.ModelJSON;
  const shards = json.weightsManifest.flatMap(({ paths }) =>
    paths.map((path) => readFileSync(join(folder, path))),
  );
  const bytes = new Uint8Array(Buffer.concat(shards));
  const load = async (): Promise<tf.io.ModelArtifacts> =>
    tf.io.getModelArtifactsForJSON(json, async () => [
      json.weightsManifest.flatMap(({ weights }) => weights),
      bytes.buffer,
    ]);
  return tf.loadGraphModel({ load });
}

/** What a graph model in a folder gives, computed by tfjs itself. */
export async function runInTfjs(folder: string, values: Float32Array, shape: number[]): Promise<number[]> {
  const model = await loadGraphInTfjs(folder);
  const images = tf.tensor(values, shape);
  try {
    const output = model.predict(images) as tf.Tensor;
    const result = Array.from(output.dataSync());
    output.dispose();
    return result;
  } finally {
    images.dispose();
    model.dispose();
  }
}

/** Softmax of each row. */
export function probabilities(logits: ArrayLike<number>, classes: number): number[] {
  return Array.from({ length: logits.length / classes }, (_, row) => {
    const exps = Array.from({ length: classes }, (__, k) => Math.exp(logits[row * classes + k]!));
    const sum = exps.reduce((x, y) => x + y, 0);
    return exps.map((value) => value / sum);
  }).flat();
}

/** The largest difference of two lists of the same length. */
export function largestDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return Math.max(...Array.from(left, (value, i) => Math.abs(value - right[i]!)));
}
