import type { Forward, Variables, WeightMap } from '../../model/index.js';
import { type Graph, type Session, Tensor } from '../../tensorflow/index.js';
import { BATCH } from './batch.js';
import type { StepBatch } from './options.js';

export interface ReestimateOptions {
  graph: Graph;
  session: Session;
  forward: Forward;
  /** Weights that the statistics belong to, and that they are written to. */
  variables: Variables;
  /** Training images, augmented as in training. */
  batches: AsyncIterable<StepBatch>;
  seed: number;
}

/**
 * Measures the moving statistics of batch normalization anew: plain means of the statistics of batches at fixed
 * weights, as stochastic weight averaging needs them (arXiv 1803.05407, section 3.2).
 */
export async function reestimateStatistics(options: ReestimateOptions): Promise<void> {
  const { graph, session, forward, variables, batches, seed } = options;
  const prefix = `reestimate_${variables.scope}`;
  const found = forward.statistics.flatMap(({ layer, batchMean, batchVariance }) => [
    { name: `${layer}/moving_mean`, output: `${prefix}/${batchMean}` },
    { name: `${layer}/moving_variance`, output: `${prefix}/${batchVariance}` },
  ]);
  if (found.length === 0) return;
  if (!graph.has(`${prefix}/${forward.logits}`)) {
    graph.import(forward.fragment, prefix, {
      ...Object.fromEntries(forward.weights.map(({ name }) => [name, variables.read(name)])),
      images: `batch/${BATCH.images}`,
      ...(forward.random && { seed: `batch/${BATCH.seed}` }),
    });
  }
  const shapes = new Map(forward.weights.map(({ name, shape }) => [name, shape]));
  const sums = found.map(({ name }) => new Float64Array(shapes.get(name)!.reduce((a, b) => a * b, 1)));
  let count = 0;
  for await (const { images, labels } of batches) {
    const fed = [
      [`batch/${BATCH.pixels}`, images],
      [`batch/${BATCH.labels}`, labels],
      [`batch/${BATCH.seed}`, Tensor.from('int64', [BigInt(seed >>> 0), BigInt(count)])],
      [`batch/${BATCH.first}`, Tensor.from('int32', [0], [])],
      [`batch/${BATCH.mixing}`, Tensor.from('float32', [0], [])],
    ] as const;
    try {
      const values = await session.run(
        fed,
        found.map(({ output }) => output),
      );
      values.forEach((value, i) => {
        const sum = sums[i]!;
        (value.data as Float32Array).forEach((x, k) => {
          sum[k]! += x;
        });
        value.dispose();
      });
      count++;
    } finally {
      for (const [, tensor] of fed.slice(2)) tensor.dispose();
    }
  }
  if (count === 0) return;
  const means: WeightMap = new Map(
    found.map(({ name }, i) => [
      name,
      { dtype: 'float32', shape: shapes.get(name)!, data: Float32Array.from(sums[i]!, (x) => x / count) },
    ]),
  );
  await variables.assign(session, means);
}
