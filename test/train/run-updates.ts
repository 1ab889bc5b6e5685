import type { Model, WeightMap } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { Program, type ProgramOptions, type StepResult } from '../../src/train/index.js';
import { arrayDataset } from './small-network.js';

export interface Updates {
  /** @default 5 */
  steps?: number;
  /** Images of an update. @default 32 */
  images?: number;
  /** Batches that they come in. @default 1 */
  accumulate?: number;
  /** @default 0.05 */
  rho?: number;
  /** @default 0.05 */
  learningRate?: number;
  lossScale?: number;
}

/** What a few updates said, and what they left. */
export interface Updated {
  results: StepResult[];
  weights: WeightMap;
  slots: WeightMap;
}

/** Does a few updates, each on the same images however they are divided into batches, and frees the program. */
export async function runUpdates(
  model: Model,
  options: ProgramOptions,
  updates: Updates = {},
): Promise<Updated> {
  const [only] = await runEach(model, options, [updates]);
  return only!;
}

/** The same for several, each from the start: a program is assembled once, which takes longer than it runs. */
export async function runEach(
  model: Model,
  options: ProgramOptions,
  each: readonly Updates[],
): Promise<Updated[]> {
  const program = Program.create(model, options);
  try {
    const found: Updated[] = [];
    for (const updates of each) {
      await program.start();
      const results = await update(program, model.labels.length, updates);
      const { weights, optimizer } = await program.state();
      found.push({ results, weights, slots: optimizer });
    }
    return found;
  } finally {
    await program.close();
  }
}

async function update(
  program: Program,
  classes: number,
  { steps = 5, images = 32, accumulate = 1, rho = 0.05, learningRate = 0.05, lossScale }: Updates,
): Promise<StepResult[]> {
  const tensors: Tensor[] = [];
  const keep = <T extends Tensor>(tensor: T): T => {
    tensors.push(tensor);
    return tensor;
  };
  try {
    const results: StepResult[] = [];
    for (let step = 0; step < steps; step++) {
      const { source, labels } = arrayDataset(images, { classes, seed: step + 1 });
      if (source.kind !== 'array') throw new Error('expected an array');
      const { pixels, height, width } = source;
      const size = images / accumulate;
      const bytes = size * height * width * 3;
      const batches = Array.from({ length: accumulate }, (_, i) => ({
        images: keep(
          Tensor.from('uint8', pixels.subarray(i * bytes, (i + 1) * bytes), [size, height, width, 3]),
        ),
        labels: keep(Tensor.from('int32', labels.subarray(i * size, (i + 1) * size))),
      }));
      results.push(
        await program.step({
          batches,
          step,
          learningRate,
          rho,
          ...(lossScale !== undefined && { lossScale }),
        }),
      );
    }
    return results;
  } finally {
    for (const tensor of tensors) tensor.dispose();
  }
}

/** Largest difference of two sets of weights, by the largest value of each weight. */
export function relativeDifference(a: WeightMap, b: WeightMap): number {
  if (a.size !== b.size) throw new Error(`${a.size} and ${b.size} weights`);
  let worst = 0;
  for (const [name, { data }] of a) {
    const [own, other] = [Float64Array.from(data as Float32Array), b.get(name)!.data as Float32Array];
    const largest = Math.max(1e-3, ...other.map(Math.abs));
    own.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - other[i]!) / largest);
    });
  }
  return worst;
}
