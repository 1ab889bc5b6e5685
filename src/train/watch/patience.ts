import { z } from 'zod';
import { type BestMetric, type Evaluation, goodness } from './best.js';

/** What {@link Patience} remembers, as a checkpoint keeps it. */
export const patienceSchema = z.object({
  /** Epoch of the last improvement. */
  improved: z.number().int(),
  /** Epoch of the last evaluation. */
  seen: z.number().int(),
  /** Goodness at the last improvement; null where the metric was not finite. */
  goodness: z.number().nullable(),
});

export type PatienceState = z.output<typeof patienceSchema>;

/**
 * Early stopping: a run is over once this many epochs in a row were no better than the best before them. An equal
 * evaluation is no improvement, else a run that stands still would never end.
 */
export class Patience {
  #state: PatienceState | null;

  /**
   * @param epochs 0 for no end
   * @param state where an earlier run was
   */
  constructor(
    private readonly epochs: number,
    private readonly metric: BestMetric,
    state: PatienceState | null = null,
  ) {
    this.#state = state;
  }

  /** Null before the first evaluation. */
  get state(): PatienceState | null {
    return this.#state;
  }

  /** Whether the run is over. */
  get over(): boolean {
    if (this.epochs === 0 || !this.#state) return false;
    return this.#state.seen - this.#state.improved >= this.epochs;
  }

  /** Tells of an evaluation; whether the run is over with it. */
  observe(evaluation: Evaluation): boolean {
    const { epoch } = evaluation;
    const now = goodness(evaluation, this.metric);
    const before = this.#state;
    const improves = !before || now > (before.goodness ?? Number.NEGATIVE_INFINITY);
    this.#state = improves
      ? { improved: epoch, seen: epoch, goodness: Number.isFinite(now) ? now : null }
      : { ...before, seen: epoch };
    return this.over;
  }
}
