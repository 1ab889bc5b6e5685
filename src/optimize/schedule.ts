import { SCHEDULES, type Schedule, type ScheduleName } from './schedules.js';

/** The course of a run's learning rate. Steps are updates, counted from 0. */
export interface ScheduleOptions {
  schedule: ScheduleName;
  /** The largest learning rate. */
  learningRate: number;
  /** Steps of the linear rise before the schedule. */
  warmupSteps: number;
  /** Last steps, at the rate that the schedule ends at. @default 0 */
  cooldownSteps?: number;
  /** All steps of the run, warm-up and cool-down included. */
  totalSteps: number;
  stepsPerEpoch: number;
  /** `epoch`: the schedule stands still within an epoch of the run; the warm-up does not. @default 'step' */
  scheduleBy?: 'step' | 'epoch';
  /** Factor of each decay of `step` and `exponential`. @default 0.1 and 0.97 */
  scheduleDecay?: number;
  /** Epochs from one decay to the next, counted from the end of the warm-up. @default a third of them; 2.4 */
  scheduleEvery?: number;
  /** Of `polynomial`. @default 1 */
  schedulePower?: number;
  /** Share of the largest rate at the end of `cosine`, `linear`, `polynomial`, `one-cycle`. @default 0 */
  scheduleEnd?: number;
}

export interface RhoOptions extends ScheduleOptions {
  /** The largest radius. */
  rho: number;
  /** The shape of a schedule, without warm-up; `learning-rate` for its course, as in arXiv 2203.08065. */
  rhoSchedule: ScheduleName | 'learning-rate';
}

/**
 * Learning rate of a step: a linear rise over the warm-up, reached in full by the step after it; then the schedule,
 * which would be over with the first step of the cool-down; then what it ended at. Where they do not all fit,
 * the warm-up goes before the cool-down, and both before the schedule.
 *
 * @param step from 0; the first step already has a rate above zero
 */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  return options.learningRate * learningRateShare(step, options);
}

/** Radius rho of a step. */
export function rhoAt(step: number, options: RhoOptions): number {
  const { rho, rhoSchedule } = options;
  if (rhoSchedule === 'learning-rate') return rho * learningRateShare(step, options);
  return rho * shareAt(step, SCHEDULES[rhoSchedule], { ...options, warmupSteps: 0 });
}

/**
 * Linear scaling of the learning rate with the batch, arXiv 1706.02677.
 *
 * @param images of one update, on all devices
 * @param base images that `rate` is meant for; 0 leaves it as it is
 */
export const scaledLearningRate = (
  rate: number,
  { images, base }: { images: number; base: number },
): number => (base > 0 ? (rate * images) / base : rate);

function learningRateShare(step: number, options: ScheduleOptions): number {
  const schedule: Schedule = SCHEDULES[options.schedule];
  const warmupSteps = schedule.warmsUp ? 0 : options.warmupSteps;
  if (step < warmupSteps) return (step + 1) / (warmupSteps + 1);
  return shareAt(step, schedule, { ...options, warmupSteps });
}

function shareAt(step: number, schedule: Schedule, options: ScheduleOptions): number {
  const { warmupSteps, cooldownSteps = 0, totalSteps, stepsPerEpoch, scheduleBy = 'step' } = options;
  const { scheduleDecay, scheduleEvery, schedulePower = 1, scheduleEnd = 0 } = options;
  const length = Math.max(0, totalSteps - cooldownSteps - warmupSteps);
  const at = scheduleBy === 'epoch' ? Math.floor(step / stepsPerEpoch) * stepsPerEpoch : step;
  const over = step >= warmupSteps + length;
  return schedule.share({
    progress: over ? 1 : Math.max(0, at - warmupSteps) / length,
    epochs: length / stepsPerEpoch,
    decay: scheduleDecay,
    every: scheduleEvery,
    power: schedulePower,
    end: scheduleEnd,
  });
}
