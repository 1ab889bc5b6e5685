import { buildForward, Model, type WeightMap } from '../../src/model/index.js';
import { pseudoRandom } from '../model/run-layers.js';

/**
 * A model with all its weights drawn so that values neither vanish nor grow on the way, and none of them is what it starts
 * as: kernels by their fan-in, normalizations near 1, moving statistics away from 0 and 1.
 */
export function drawn(model: Model): Model {
  const { weights: specs } = buildForward(model.topology, { training: false, imageSize: model.imageSize });
  const weights: WeightMap = new Map(
    specs.map(({ name, shape }, i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const [center, spread] = rangeOf(name, shape);
      const data = pseudoRandom(size, { scale: spread, seed: i + 1 }).map((value) => center + value);
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
  return new Model({ ...dataOf(model), weights }, { origin: `${model.origin}, drawn` });
}

const dataOf = ({ topology, labels, preprocessing, imageSize }: Model) => ({
  topology,
  labels,
  preprocessing,
  imageSize,
});

function rangeOf(name: string, shape: readonly number[]): [center: number, spread: number] {
  if (name.endsWith('depthwise_kernel')) return [0, Math.sqrt(6 / (shape[0]! * shape[1]!))];
  if (shape.length > 1) return [0, Math.sqrt(4 / shape.slice(0, -1).reduce((a, b) => a * b, 1))];
  if (name.endsWith('variance')) return [1, 0.5];
  return name.endsWith('gamma') ? [0.8, 0.2] : [0, 0.2];
}
