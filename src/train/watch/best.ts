import { z } from 'zod';
import type { TrainingRecipe } from '../../recipe/recipe.js';

/** What decides which weights are the best. */
export type BestMetric = Exclude<TrainingRecipe['bestMetric'], 'last'>;

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
  macroPrecision: measured,
  macroRecall: measured,
  macroF1: measured,
});

/** An evaluation on the held-out images, and the epoch after which it was made. */
export type Evaluation = z.output<typeof bestSchema>;

/** What an evaluation measures, without its epoch. */
type Measured = Omit<Evaluation, 'epoch'>;

/** How good an evaluation is by each metric: more is better. */
const GOODNESS: Readonly<Record<BestMetric, (measured: Measured) => number>> = {
  top1: ({ top1 }) => top1,
  top5: ({ top5 }) => top5,
  loss: ({ loss }) => -loss,
  'macro-precision': ({ macroPrecision }) => macroPrecision,
  'macro-recall': ({ macroRecall }) => macroRecall,
  'macro-f1': ({ macroF1 }) => macroF1,
};

/** How good an evaluation is by one metric: more is better, and a value that is not finite is the worst. */
export function goodness(measured: Measured, by: BestMetric): number {
  const value = GOODNESS[by](measured);
  return Number.isFinite(value) ? value : Number.NEGATIVE_INFINITY;
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
  offer(evaluation: Evaluation): boolean {
    const candidate = { ...evaluation };
    if (this.#best && goodness(candidate, this.metric) < goodness(this.#best, this.metric)) return false;
    this.#best = candidate;
    return true;
  }
}
