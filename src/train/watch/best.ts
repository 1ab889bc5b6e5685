import { z } from 'zod';
import type { Metrics } from '../../evaluate/index.js';

/** What decides which weights are the best. */
export type BestMetric = 'top1' | 'top5' | 'loss';

/** JSON has no NaN or Infinity: both are written as null. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** The best evaluation so far, as a checkpoint keeps it. */
export const bestSchema = z.object({
  /** From 1. */
  epoch: z.number().int(),
  top1: measured,
  top5: measured,
  loss: measured,
});

/** An evaluation on the held-out images, and the epoch after which it was made. */
export type Evaluation = z.output<typeof bestSchema>;

/** How good metrics are by one of them: more is better, and a value that is not finite is the worst. */
export function goodness(metrics: Pick<Metrics, BestMetric>, by: BestMetric): number {
  const value = metrics[by];
  if (!Number.isFinite(value)) return Number.NEGATIVE_INFINITY;
  return by === 'loss' ? -value : value;
}

/** Remembers the best evaluation. Of equal ones the later is kept: it has seen more. */
export class BestTracker {
  #best: Evaluation | null;

  /** @param best where an earlier run was */
  constructor(
    private readonly metric: BestMetric,
    best: Evaluation | null = null,
  ) {
    this.#best = best;
  }

  /** The best so far: null before the first. It is all of the state. */
  get best(): Evaluation | null {
    return this.#best;
  }

  /** Tells of an evaluation; whether it is the best so far. */
  offer({ epoch, top1, top5, loss }: Evaluation): boolean {
    const candidate = { epoch, top1, top5, loss };
    if (this.#best && goodness(candidate, this.metric) < goodness(this.#best, this.metric)) return false;
    this.#best = candidate;
    return true;
  }
}
