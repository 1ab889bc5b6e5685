import { availableParallelism } from 'node:os';
import { invalid } from '../../errors.js';

export interface PlanOptions {
  /** Images of a batch. */
  batchSize: number;
  /** Batches of an update. */
  accumulate: number;
  /** Images of a sub-batch; 0: the whole batch. */
  m: number;
  /** Sub-batches that run side by side; undefined: as many as there are cores, at most 4. */
  replicas?: number;
  /** One perturbation for all images of an update. */
  syncPerturbation: boolean;
}

/** How the images of an update are divided among runs of the graph. */
export interface Plan {
  /** Images of a sub-batch: each is a branch of the graph. */
  subBatch: number;
  /** Sub-batches in one run of the graph, side by side. */
  replicas: number;
  /** Images of one run. */
  group: number;
  /** Runs that a batch takes. */
  groupsPerBatch: number;
  /** Runs that an update takes; 1: gradients go into the update within the run. */
  rounds: number;
  sync: boolean;
}

/** Branches side by side, at most, where nothing else is asked for. */
const MOST = 4;

/** One batch of any size, in one run. */
export const ONE_BATCH: Plan = {
  subBatch: 0,
  replicas: 1,
  group: 0,
  groupsPerBatch: 1,
  rounds: 1,
  sync: false,
};

/**
 * Divides an update. Branches side by side with one thread an operation are faster than one branch with all threads
 * (EfficientNet-B0, 224 px, 16 images, 2 cores: 1,150 to 1,200 ms in two branches, 1,330 to 1,440 ms in one), so
 * sub-batches run side by side where there are cores for it.
 *
 * @throws InputError when the numbers do not divide each other
 */
export function planOf({ batchSize, accumulate, m, replicas, syncPerturbation }: PlanOptions): Plan {
  const subBatch = m || batchSize;
  if (subBatch > batchSize || batchSize % subBatch !== 0) {
    throw invalid('--m', `a divisor of the batch size ${batchSize}`, m, divisorsOf(batchSize));
  }
  const perBatch = batchSize / subBatch;
  if (replicas !== undefined && perBatch % replicas !== 0) {
    const next = perBatch === 1 ? 'Sub-batches come from --m: give it as well.' : divisorsOf(perBatch);
    throw invalid('--replicas', `a divisor of the ${perBatch} sub-batches of a batch`, replicas, next);
  }
  const side = replicas ?? largestDivisor(perBatch, Math.min(availableParallelism(), MOST));
  const groupsPerBatch = perBatch / side;
  return {
    subBatch,
    replicas: side,
    group: subBatch * side,
    groupsPerBatch,
    rounds: groupsPerBatch * accumulate,
    // With one sub-batch there is nothing to keep in step.
    sync: syncPerturbation && perBatch * accumulate > 1,
  };
}

const divisorsOf = (n: number): string =>
  `Take one of ${Array.from({ length: n }, (_, i) => i + 1)
    .filter((d) => n % d === 0)
    .join(', ')}.`;

function largestDivisor(n: number, most: number): number {
  for (let d = Math.min(n, most); d > 1; d--) if (n % d === 0) return d;
  return 1;
}
