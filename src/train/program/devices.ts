import { type Graph, hasGpu, listDevices, type SessionConfig } from '../../tensorflow/index.js';
import type { Plan } from './plan.js';

/** What the names of a sub-batch's nodes begin with: its passes, their gradients, its perturbation. */
export const branchOf = (subBatch: number | string): string => `branch${subBatch}`;

const BRANCH = new RegExp(`^${branchOf('(\\d+)')}/`);

/**
 * A copy of a training graph whose sub-batches compute on devices of their own, in turns. What they share stays where
 * TensorFlow puts it: weights, means of the gradients, and the update are on the first device.
 */
export function spread(graph: Graph, devices: readonly string[]): Graph {
  return graph.placed((node) => {
    const branch = BRANCH.exec(node)?.[1];
    return branch === undefined ? undefined : devices[Number(branch) % devices.length];
  });
}

/** The GPUs that sub-batches side by side are spread over; none where there are not several. */
export async function gpusFor({ replicas }: Plan, session: SessionConfig): Promise<string[]> {
  if (replicas === 1 || !hasGpu()) return [];
  const gpus = (await listDevices(session)).filter(({ type }) => type === 'GPU');
  return gpus.length > 1 ? gpus.map(({ name }) => name) : [];
}
