import { Tensor } from '../../tensorflow/index.js';
import type { StepBatch } from './options.js';
import type { Plan } from './plan.js';

/** The images of one run of the graph. */
export interface Group extends StepBatch {
  /** Place of its first image within the update. */
  first: number;
}

/**
 * Divides the batches of an update into the images of each run. A batch that takes one run is handed on as it is;
 * others are copied in parts.
 *
 * @returns the groups in their order, and `dispose` for what was copied
 */
export function groupsOf(
  batches: readonly StepBatch[],
  { group, groupsPerBatch }: Plan,
): { groups: readonly Group[]; dispose: () => void } {
  const copies: Tensor[] = [];
  const dispose = () => {
    for (const copy of copies) copy.dispose();
  };
  const part = (tensor: Tensor, index: number): Tensor => {
    const [, ...rest] = tensor.shape;
    const size = group * rest.reduce((a, b) => a * b, 1);
    const values = tensor.data.subarray(index * size, (index + 1) * size) as ArrayLike<number>;
    const copy: Tensor = Tensor.from(tensor.dtype, values, [group, ...rest]);
    copies.push(copy);
    return copy;
  };
  let first = 0;
  try {
    const groups = batches.flatMap((batch) => {
      const start = first;
      first += batch.labels.shape[0]!;
      if (groupsPerBatch === 1) return [{ ...batch, first: start }];
      return Array.from({ length: groupsPerBatch }, (_, i) => ({
        images: part(batch.images, i),
        labels: part(batch.labels, i),
        first: start + i * group,
      }));
    });
    return { groups, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
