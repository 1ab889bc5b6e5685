import { z } from 'zod';
import type { Precision } from '../../tensorflow/index.js';

/** As a recipe says it: a number, adapted as the run goes, or none (1). */
export type LossScaleSetting = number | 'dynamic' | 'none';

/** What {@link LossScale} remembers, as a checkpoint keeps it. */
export const lossScaleSchema = z.object({
  scale: z.number().positive(),
  /** Updates since the scale last changed, or since the last overflow. */
  goodUpdates: z.number().int(),
  /** Updates that were not applied, since the start. */
  overflows: z.number().int(),
});

export type LossScaleState = z.output<typeof lossScaleSchema>;

/** The dynamic scale's start, and its bounds. */
const START = 2 ** 15;
const SMALLEST = 1;
const LARGEST = 2 ** 24;

/** Good updates in a row after which the scale is doubled. */
const GROWTH_INTERVAL = 2000;

/** The setting for a run that names none: float16 has too few small numbers to do without. */
export const defaultLossScale = (precision: Precision): LossScaleSetting =>
  precision === 'mixed-float16' ? 'dynamic' : 'none';

/**
 * Loss scaling (arXiv 1710.03740, section 3.2): the loss is multiplied before the way back, and the gradient divided
 * afterwards, so that small gradients survive float16. The dynamic scale is halved when an update overflows, which is
 * then not applied, and doubled after 2000 good ones in a row.
 */
export class LossScale {
  #state: LossScaleState;

  /** @param state where an earlier run was; a fixed scale comes from the setting */
  constructor(
    private readonly setting: LossScaleSetting,
    state?: LossScaleState,
  ) {
    const fixed = setting === 'none' ? 1 : setting;
    const { goodUpdates = 0, overflows = 0 } = state ?? {};
    const scale = fixed === 'dynamic' ? (state?.scale ?? START) : fixed;
    this.#state = { scale, goodUpdates, overflows };
  }

  get state(): LossScaleState {
    return { ...this.#state };
  }

  /** What the loss is multiplied by in the next update. */
  get scale(): number {
    return this.#state.scale;
  }

  /** Updates that were not applied, since the start. */
  get overflows(): number {
    return this.#state.overflows;
  }

  /** Whether an overflow now would be answered by a smaller scale. Where not, it is the run's own, and not the scale's. */
  get canShrink(): boolean {
    return this.setting === 'dynamic' && this.#state.scale > SMALLEST;
  }

  /** Tells whether the update was applied, or left out because its gradient was not finite. */
  update(applied: boolean): void {
    const { scale, goodUpdates, overflows } = this.#state;
    if (!applied) {
      const smaller = this.setting === 'dynamic' ? Math.max(SMALLEST, scale / 2) : scale;
      this.#state = { scale: smaller, goodUpdates: 0, overflows: overflows + 1 };
      return;
    }
    const grows = this.setting === 'dynamic' && goodUpdates + 1 >= GROWTH_INTERVAL;
    this.#state = {
      scale: grows ? Math.min(LARGEST, scale * 2) : scale,
      goodUpdates: grows ? 0 : goodUpdates + 1,
      overflows,
    };
  }
}
