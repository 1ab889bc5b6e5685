import { createHash } from 'node:crypto';
import { batchCount, batches } from '../data/batches.js';
import type { Task } from '../data/dataset.js';
import { shuffled } from '../data/random.js';
import { InputError } from '../errors.js';
import { evaluateLogits, type Metrics } from '../evaluate/index.js';
import type { Model } from '../model/index.js';
import { learningRateAt } from '../optimize/index.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import { readModel } from '../weights/model-folder.js';
import type { Checkpoint, Progress } from './checkpoint.js';
import { usualAugmentations } from './checks.js';
import type { TrainEvent } from './events.js';
import { Program } from './program.js';
import { RunFolder } from './run-folder.js';

export interface FineTuneOptions {
  /** Folder of the run; without it nothing is written. */
  out?: string;
  /** Go on from the last checkpoint in `out`. @default false */
  resume?: boolean;
  /** Kept in `config.json`; a `recipe` in it stands there for the one of training alone. */
  config?: Record<string, unknown>;
  onEvent?: (event: TrainEvent) => void;
  /** Stops after the step under way, with a checkpoint. */
  signal?: AbortSignal;
}

export interface FineTuneResult {
  /** The model with the best weights. */
  model: Model;
  /** Its top-1 accuracy on the held-out images, 0 to 1. */
  top1: number;
  /** The epoch that it is from. */
  epoch: number;
  /** Steps done. */
  steps: number;
}

/** The run was stopped by its signal; a checkpoint was written where there is a folder. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/** The loss is no longer a number. */
export class Diverged extends Error {
  override name = 'Diverged';
}

/** A checkpoint is written at least this often, in seconds. */
const CHECKPOINT_SECONDS = 600;

/** One fine-tuning: the program, where it is, and its folder. */
export class Run {
  readonly #program: Program;
  readonly #folder: RunFolder | undefined;
  readonly #identity: string;
  readonly #stepsPerEpoch: number;
  #progress: Progress = { step: 0, epoch: 0, stepInEpoch: 0, lossSum: 0, seconds: 0, best: null };
  #best: Model | undefined;
  #lastCheckpoint = performance.now();

  constructor(
    private readonly model: Model,
    private readonly task: Task,
    private readonly recipe: TrainingRecipe,
    private readonly options: FineTuneOptions,
  ) {
    const { out, resume } = options;
    if (resume && out === undefined) throw new InputError('Resuming needs the folder of the run (--out).');
    if (out !== undefined) this.#folder = resume ? RunFolder.open(out) : RunFolder.at(out);
    this.#stepsPerEpoch = batchCount(task.train.length, recipe.batchSize, { dropRemainder: true });
    this.#identity = identityOf(recipe, task, model);
    const { source } = task.train;
    const side = { height: model.imageSize, width: model.imageSize };
    this.#program = Program.create(model, {
      ...recipe,
      source: source.kind === 'array' ? source : side,
      augmentations: recipe.augment ?? usualAugmentations(task),
      clipNorm: recipe.clipNorm || undefined,
      sam: recipe.sam === 'sam' && recipe.rho > 0,
    });
  }

  async train(): Promise<FineTuneResult> {
    const { epochs } = this.recipe;
    await this.#start();
    while (this.#progress.epoch < epochs) {
      await this.#trainEpoch();
      await this.#evaluate();
      // Only now is the epoch done: a run that stops while it evaluates does that again.
      Object.assign(this.#progress, { epoch: this.#epoch, stepInEpoch: 0, lossSum: 0, seconds: 0 });
      await this.#checkpoint();
    }
    const { best, step } = this.#progress;
    const model = this.#best ?? (await this.#bestOfEarlierRun());
    return { model, top1: best!.top1, epoch: best!.epoch, steps: step };
  }

  async #start(): Promise<void> {
    if (!this.options.resume || !this.#folder) {
      this.#folder?.writeConfig({
        recipe: this.recipe,
        ...this.options.config,
        fingerprint: this.task.fingerprint,
      });
      return this.#program.start();
    }
    const { state, progress } = this.#folder.loadCheckpoint(this.#identity);
    this.#progress = progress;
    await this.#program.start(state);
  }

  /** The epoch under way, from 1. */
  get #epoch(): number {
    return this.#progress.epoch + 1;
  }

  async #trainEpoch(): Promise<void> {
    const { recipe, task, options } = this;
    const progress = this.#progress;
    const epoch = this.#epoch;
    const schedule = {
      ...recipe,
      warmupSteps: Math.round(recipe.warmupEpochs * this.#stepsPerEpoch),
      totalSteps: recipe.epochs * this.#stepsPerEpoch,
    };
    const order = {
      batchSize: recipe.batchSize,
      imageSize: this.model.imageSize,
      indices: shuffled(task.train.length, recipe.seed, epoch),
      dropRemainder: true,
      start: progress.stepInEpoch,
      workers: recipe.workers,
    };
    let started = performance.now();
    for await (const batch of batches(task.train, order)) {
      try {
        const learningRate = learningRateAt(progress.step, schedule);
        const { images, labels } = batch;
        const result = await this.#program.step({
          images,
          labels,
          step: progress.step,
          learningRate,
          rho: recipe.rho,
        });
        const seconds = (performance.now() - started) / 1000;
        started = performance.now();
        progress.step++;
        progress.stepInEpoch++;
        progress.lossSum += result.loss;
        progress.seconds += seconds;
        this.#report({
          event: 'step',
          step: progress.step,
          epoch,
          ...result,
          learningRate,
          imagesPerSecond: batch.size / seconds,
        });
        this.#assertFinite(result.loss, result.perturbedLoss ?? 0, learningRate);
      } finally {
        batch.dispose();
      }
      if (options.signal?.aborted) await this.#interrupt();
      if (performance.now() - this.#lastCheckpoint > CHECKPOINT_SECONDS * 1000) await this.#checkpoint();
    }
    const { step, lossSum, stepInEpoch, seconds } = progress;
    this.#report({ event: 'epoch', step, epoch, loss: lossSum / stepInEpoch, seconds });
  }

  async #evaluate(): Promise<void> {
    const progress = this.#progress;
    const epoch = this.#epoch;
    const { step } = progress;
    const { top1, top5, loss } = await this.#metrics();
    // Of equal ones the later is kept: it has seen more.
    const best = top1 >= (progress.best?.top1 ?? 0);
    this.#report({ event: 'evaluate', step, epoch, top1, top5, loss, best });
    if (!best) return;
    progress.best = { top1, epoch };
    const weights = await this.#program.weights();
    this.#best = this.model.with({ weights });
    await this.#folder?.saveModel(this.#best, { task: this.task.name, epoch, top1, base: this.model.origin });
  }

  async #metrics(): Promise<Metrics> {
    const { imageSize } = this.model;
    const { workers } = this.recipe;
    const { signal } = this.options;
    const logitsOf = this.#program.logits.bind(this.#program);
    try {
      return await evaluateLogits(logitsOf, this.task.test, { imageSize, workers, signal });
    } catch (error) {
      if (signal?.aborted) await this.#interrupt();
      throw error;
    }
  }

  #report(event: TrainEvent): void {
    this.#folder?.log(event);
    this.options.onEvent?.(event);
  }

  #assertFinite(loss: number, perturbedLoss: number, learningRate: number): void {
    if (Number.isFinite(loss) && Number.isFinite(perturbedLoss)) return;
    const { step } = this.#progress;
    throw new Diverged(
      `The loss is ${loss} (${perturbedLoss} at w + e) at step ${step}, at learning rate ${learningRate}: the run ` +
        'diverged. Take a smaller --learning-rate or rho, or a --clip-norm.',
    );
  }

  async #checkpoint(): Promise<void> {
    this.#lastCheckpoint = performance.now();
    if (!this.#folder) return;
    const state = await this.#program.state();
    const checkpoint: Checkpoint = { state, progress: this.#progress, identity: this.#identity };
    await this.#folder.saveCheckpoint(checkpoint);
  }

  async #interrupt(): Promise<never> {
    await this.#checkpoint();
    const { step } = this.#progress;
    const resume = this.#folder ? ` Go on with --resume --out ${this.#folder.path}.` : '';
    throw new Interrupted(`Stopped after step ${step}.${resume}`);
  }

  /** A run that is resumed after its last epoch has nothing to train: the best weights are in its folder. */
  async #bestOfEarlierRun(): Promise<Model> {
    return this.model.with(await readModel(this.#folder!.model));
  }

  close(): Promise<void> {
    return this.#program.close();
  }
}

/** Two runs of one identity do the same steps. How many images are decoded at once makes no difference. */
function identityOf({ workers: _, ...recipe }: TrainingRecipe, task: Task, model: Model): string {
  const parts = [recipe, task.fingerprint, model.topology, model.imageSize, model.origin, model.seed];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
