import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Quantization, selfContained } from '../../src/export/index.js';
import { onnx } from '../../src/export/onnx.js';
import type { Model, Pixels } from '../../src/model/index.js';
import { someImages } from './calibrated.js';

export interface Compared {
  /** Of a logit. */
  largestDifference: number;
  /** The largest logit, without its sign. */
  largest: number;
  /** Share of images of which both name the same class first. */
  agreement: number;
}

/** What the model gives for images, and what onnxruntime gives for the ONNX file of it. */
export async function compareInOnnxruntime(
  model: Model,
  images: readonly Pixels[],
  { folder, quantize }: { folder: string; quantize?: Quantization },
): Promise<Compared> {
  const out = join(folder, `onnx-${quantize ?? 'float32'}`);
  mkdirSync(out, { recursive: true });
  await onnx.write(selfContained(model, { logits: true }), { out, metadata: {}, quantize });
  const opened = await onnx.open(out, { model });
  try {
    const rows: { own: Float32Array; other: Float32Array }[] = [];
    for (const { data, shape } of images) {
      const given = await opened.run({ data: Float32Array.from(data), shape });
      const { data: expected } = await model.logits({ data, shape });
      if (given.length !== expected.length) throw new Error(`${given.length} logits, not ${expected.length}`);
      const classes = expected.length / shape[0];
      for (let i = 0; i < shape[0]; i++) {
        const row = (values: Float32Array) => values.slice(i * classes, (i + 1) * classes);
        rows.push({ own: row(expected), other: row(given) });
      }
    }
    const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b));
    return {
      largestDifference: most(
        rows.map(({ own, other }) => most([...own].map((v, k) => Math.abs(v - other[k]!)))),
      ),
      largest: most(rows.map(({ own }) => most([...own].map(Math.abs)))),
      agreement: rows.filter(({ own, other }) => first(own) === first(other)).length / rows.length,
    };
  } finally {
    await opened.close();
    await model.dispose();
  }
}

const first = (row: Float32Array) => row.indexOf(row.reduce((a, b) => Math.max(a, b)));

/** Images of the model's own size. */
export const imagesFor = ({ imageSize }: Model, count: number): Pixels => ({
  data: someImages(count, imageSize),
  shape: [count, imageSize, imageSize, 3],
});
