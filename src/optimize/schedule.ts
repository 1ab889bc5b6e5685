/** Shares of the largest learning rate by progress after the warm-up, from 0 to 1. */
export const SCHEDULES = {
  constant: () => 1,
  /** arXiv 1608.03983, without restarts */
  cosine: (progress) => (1 + Math.cos(Math.PI * progress)) / 2,
  linear: (progress) => 1 - progress,
} satisfies Record<string, (progress: number) => number>;

export type ScheduleName = keyof typeof SCHEDULES;

export interface ScheduleOptions {
  schedule: ScheduleName;
  /** The largest learning rate. */
  learningRate: number;
  warmupSteps: number;
  totalSteps: number;
}

/**
 * Learning rate of a step: a linear rise over the warm-up, then the schedule.
 *
 * @param step from 0; the first step already has a rate above zero
 */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  const { schedule, learningRate, warmupSteps, totalSteps } = options;
  if (step < warmupSteps) return (learningRate * (step + 1)) / (warmupSteps + 1);
  const rest = Math.max(1, totalSteps - warmupSteps);
  const share: (progress: number) => number = SCHEDULES[schedule];
  return learningRate * share(Math.min(1, (step - warmupSteps) / rest));
}
