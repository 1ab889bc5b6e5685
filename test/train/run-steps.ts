import type { Model, WeightMap } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { Program, type ProgramOptions, type StepResult } from '../../src/train/index.js';
import { arrayDataset } from './small-network.js';

export interface Steps {
  /** @default 4 */
  steps?: number;
  rho: number;
  /** @default 0.05 */
  learningRate?: number;
  /** Images of a step. @default 6 */
  batch?: number;
}

export interface StepsResult {
  results: StepResult[];
  weights: WeightMap;
  slots: WeightMap;
}

/** Assembles a program, does a few steps on images that look random, and frees it. */
export async function runSteps(
  model: Model,
  options: ProgramOptions,
  { steps = 4, rho, learningRate = 0.05, batch = 6 }: Steps,
): Promise<StepsResult> {
  const program = Program.create(model, options);
  try {
    await program.start();
    const results: StepResult[] = [];
    for (let step = 0; step < steps; step++) {
      const { images, labels } = batchOf(batch, { seed: step + 1, classes: model.labels.length });
      try {
        results.push(await program.step({ batches: [{ images, labels }], step, learningRate, rho }));
      } finally {
        images.dispose();
        labels.dispose();
      }
    }
    const { weights, optimizer } = await program.state();
    return { results, weights, slots: optimizer };
  } finally {
    await program.close();
  }
}

/** One batch of images that look random, `[size, 8, 8, 3]`. The caller disposes of both tensors. */
export function batchOf(size: number, { seed = 1, classes = 3 } = {}) {
  const { source, labels } = arrayDataset(size, { classes, seed });
  if (source.kind !== 'array') throw new Error('expected an array');
  return {
    images: Tensor.from('uint8', source.pixels, [size, source.height, source.width, 3]),
    labels: Tensor.from('int32', labels),
  };
}

/** Names of the weights that differ in any bit. */
export function differing(a: WeightMap, b: WeightMap): string[] {
  const names = [...new Set([...a.keys(), ...b.keys()])];
  const bits = (map: WeightMap, name: string) => {
    const data = map.get(name)?.data;
    return data ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.alloc(0);
  };
  return names.filter((name) => !bits(a, name).equals(bits(b, name)));
}
