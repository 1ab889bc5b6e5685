import type { FunctionalTopology } from '../../models/topology.js';
import { Model } from '../../src/model/index.js';
import { traceLayers } from '../../src/model/trace.js';
import { pseudoRandom } from './run-layers.js';

/** A model of a topology whose weights are all given: numbers that look random, another set for each weight. */
export function givenModel(topology: FunctionalTopology, labels: readonly string[], imageSize = 8): Model {
  const specs = traceLayers(topology, { imageSize }).flatMap(({ weights }) => weights);
  const weights: Model['weights'] = new Map(
    specs.map(({ name, shape }, i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const positive = name.endsWith('moving_variance') ? 1 : 0;
      const data = Float32Array.from(pseudoRandom(size, { seed: i + 1, scale: 0.5 }), (x) => x + positive);
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
  const preprocessing = { mean: [127, 127, 127], std: [128, 128, 128] } as const;
  return new Model({ topology, weights, labels, preprocessing, imageSize });
}

/** Logits of one image of 8 x 8 pixels. */
export async function logitsOf(model: Model): Promise<number[]> {
  const data = Uint8Array.from({ length: 192 }, (_, i) => (i * 89) % 256);
  const { data: logits } = await model.logits({ data, shape: [1, 8, 8, 3] });
  await model.dispose();
  return [...logits];
}
