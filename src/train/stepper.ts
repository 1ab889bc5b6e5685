import type { Batch } from '../data/batches.js';
import type { Task } from '../data/dataset.js';
import { NoiseAccuracy } from '../data/noise/index.js';
import { learningRateAt, type RhoOptions, rhoAt } from '../optimize/index.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import type { Progress } from './checkpoint.js';
import { Diverged } from './endings.js';
import type { Program, StepInput, StepResult } from './program/index.js';
import { lossScaleOf, mixesIn, samOf, scheduleOf } from './settings.js';
import { describeNonFinite, LossScale } from './watch/index.js';

/** Steps in a row that may be skipped before the run ends after all. */
const SKIPPED_IN_A_ROW = 20;

/** What a step was told and what it said. */
export interface ToldStep extends StepResult {
  learningRate: number;
  /** Radius; left out in a step without ascent. */
  rho?: number;
  lossScale?: number;
  /** Loss at w + e less the loss at w, where both are of the same images. */
  surrogateGap?: number;
}

export interface StepperOptions {
  recipe: TrainingRecipe;
  task: Task;
  /** Moved on by each step. */
  progress: Progress;
  stepsPerEpoch: number;
}

/** Does the steps of an epoch: rates, radius and loss scale of each, and what is counted. */
export class Stepper {
  readonly #schedule: RhoOptions;
  readonly #lossScale: LossScale | undefined;
  /** Accuracy on training images apart for true and wrong labels, where the task has wrong ones. */
  readonly noise: NoiseAccuracy | undefined;
  #shrinks = false;
  #last: { input: StepInput; result: StepResult } | undefined;

  constructor(
    private readonly program: Program,
    private readonly options: StepperOptions,
  ) {
    const { recipe, task, progress, stepsPerEpoch } = options;
    this.#schedule = scheduleOf(recipe, stepsPerEpoch);
    const scale = lossScaleOf(recipe);
    if (scale !== 'none') this.#lossScale = new LossScale(scale, progress.lossScale ?? undefined);
    const { noise } = task;
    if (noise) this.noise = new NoiseAccuracy({ train: task.train, noise }, progress.noise ?? undefined);
  }

  async step(held: readonly Batch[], epoch: number): Promise<ToldStep> {
    const { recipe, progress } = this.options;
    const { step, updates } = progress;
    const learningRate = learningRateAt(step, this.#schedule);
    const rho = rhoAt(step, this.#schedule);
    const lossScale = this.#lossScale?.scale;
    const input: StepInput = {
      batches: held,
      step,
      updates,
      learningRate,
      rho,
      ...(lossScale !== undefined && { lossScale }),
      mixing: mixesIn(epoch, recipe),
    };
    const result = await this.program.step(input);
    this.#last = { input, result };
    this.#count(held, result, input);
    const { loss, perturbedLoss } = result;
    const ascended = samOf(recipe) !== undefined && this.program.ascends(step);
    return {
      ...result,
      learningRate,
      ...(ascended && { rho }),
      ...(lossScale !== undefined && { lossScale }),
      ...(perturbedLoss !== undefined &&
        recipe.ascentFraction === 1 && { surrogateGap: perturbedLoss - loss }),
    };
  }

  #count(
    held: readonly Batch[],
    { applied, loss, predictions }: StepResult,
    { mixing }: Pick<StepInput, 'mixing'>,
  ): void {
    const { progress } = this.options;
    progress.step++;
    progress.stepInEpoch++;
    if (applied) {
      progress.updates++;
      progress.skippedInARow = 0;
      progress.lossSum += loss;
      progress.lossCount++;
    } else {
      progress.skipped++;
      progress.skippedInARow++;
    }
    // Asked before the scale moves: an overflow at a scale that can shrink is the scale's fault, not the run's.
    this.#shrinks = !applied && this.#lossScale?.canShrink === true;
    this.#lossScale?.update(applied);
    progress.lossScale = this.#lossScale?.state ?? null;
    // A mixed image has no label of its own that it could be right about.
    if (!this.noise || !predictions || !applied || mixing) return;
    const rows = Int32Array.from(held.flatMap(({ indices }) => [...indices]));
    this.noise.add(
      predictions.images.map((place) => rows[place]!),
      predictions.classes,
    );
    progress.noise = this.noise.counts;
  }

  /** Whether the run goes on after a step that was skipped. */
  goesOn(): boolean {
    const { recipe, progress } = this.options;
    if (progress.skippedInARow >= SKIPPED_IN_A_ROW) return false;
    return recipe.onNan === 'skip' || this.#shrinks;
  }

  /** Finds out what went wrong in the last step, which left everything as it was: it can be done again. */
  async diagnose(held: readonly Batch[]): Promise<Diverged> {
    const { recipe, progress } = this.options;
    const { input, result } = this.#last!;
    const first = await this.program.firstNonFinite({ ...input, batches: held });
    const { loss, perturbedLoss, ascentNorm, gradNorm } = result;
    return new Diverged(
      describeNonFinite({
        step: progress.step,
        loss,
        ...(perturbedLoss !== undefined && { perturbedLoss }),
        ...(ascentNorm !== undefined && { ascentNorm }),
        gradNorm,
        ...(first !== undefined && { first }),
        learningRate: input.learningRate,
        rho: samOf(recipe) ? input.rho : 0,
        clipNorm: recipe.clipNorm,
        precision: recipe.precision,
        lossScale: input.lossScale ?? 1,
      }),
    );
  }
}
