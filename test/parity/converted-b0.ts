import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as h5wasm from 'h5wasm/node';
import { buildForward, Model, type WeightMap } from '../../src/model/index.js';
import { readLayersModel } from '../../src/weights/tfjs-layers.js';
import { testData } from '../test-data.js';

/** The folder with one EfficientNet-B0 as other programs wrote it, where the test data is on this machine. */
export const convertedB0 = testData('converted-efficientnet-b0');

/** The reference values beside it. */
export function expectedValues(): Record<string, { logits?: number[]; probabilities: number[] }> {
  return JSON.parse(readFileSync(join(convertedB0!, 'expected.json'), 'utf8'));
}

/** The reference values' input: pixels x[h, w, c] = 127.5 (1 + sin(0.05 h + 0.031 w + 1.7 c)), 96 x 96. */
export function syntheticPixels(): { data: Float32Array; shape: [number, number, number, number] } {
  const data = Float32Array.from({ length: 96 * 96 * 3 }, (_, i) => {
    const [h, w, c] = [Math.floor(i / 288), Math.floor(i / 3) % 96, i % 3];
    return 127.5 * (1 + Math.sin(0.05 * h + 0.031 * w + 1.7 * c));
  });
  return { data, shape: [1, 96, 96, 3] };
}

/** The model as layers, in float32: the layers of the tfjs model with the values of the Keras file. */
export async function layersB0(): Promise<Model> {
  const layers = await readLayersModel(join(convertedB0!, 'layers-float16'));
  const values = await kerasValues(join(convertedB0!, 'keras-2.15.h5'));
  const { weights: targets } = buildForward(layers.topology, { training: false });
  const weights: WeightMap = new Map(
    targets.map(({ name, shape }) => {
      const data = values.get(name);
      if (!data) throw new Error(`No '${name}' among ${[...values.keys()].slice(0, 5)}, ...`);
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
  return new Model({ ...layers, weights }, { origin: 'keras-2.15.h5' });
}

/** `layer/layer/weight:0` of a Keras file as `layer/weight`. */
async function kerasValues(path: string): Promise<Map<string, Float32Array>> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'r');
  try {
    const values = new Map<string, Float32Array>();
    for (const place of (file.get('model_weights') as h5wasm.Group).paths()) {
      const item = file.get(`model_weights/${place}`);
      if (!(item instanceof h5wasm.Dataset)) continue;
      const [layer] = place.split('/');
      const weight = place.split('/').at(-1)!.replace(/:0$/, '');
      const { value } = item;
      const numbers = typeof value === 'object' ? (value as Float32Array) : [Number(value)];
      values.set(`${layer}/${weight}`, Float32Array.from(numbers, Number));
    }
    return values;
  } finally {
    file.close();
  }
}
