import { availableParallelism } from 'node:os';
import type { Batch } from '../data/batches.js';
import type { Task } from '../data/dataset.js';
import type { NoiseAccuracy, NoiseTop1, NoisyTask } from '../data/noise/index.js';
import { InputError } from '../errors.js';
import type { Model } from '../model/index.js';
import { emaDecayAt } from '../optimize/index.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import { readModel } from '../weights/model-folder.js';
import { type Checkpoint, type Progress, START } from './checkpoint.js';
import { Interrupted } from './endings.js';
import type { TrainEvent } from './events.js';
import { ImageFeed } from './feed.js';
import { identityOf } from './identity.js';
import { Judge } from './judge.js';
import { planOf } from './program/index.js';
import { RunFolder } from './run-folder.js';
import type { FineTuneResult, RunOptions } from './run-options.js';
import { mixesIn, type Settings, settingsOf } from './settings.js';
import { StagedProgram } from './staged.js';
import { Stepper } from './stepper.js';
import { updatesOf, updatesPerEpoch } from './training-images.js';

/** A checkpoint is written at least this often, in seconds. */
const CHECKPOINT_SECONDS = 600;

/** One fine-tuning: the program, where it is, and its folder. */
export class Run {
  private readonly recipe: TrainingRecipe;
  readonly #settings: Settings;
  readonly #staged: StagedProgram;
  readonly #folder: RunFolder | undefined;
  readonly #identity: string;
  readonly #feed: ImageFeed;
  #progress: Progress = structuredClone(START);
  #best: Model | undefined;
  #lastCheckpoint = performance.now();

  constructor(
    private readonly model: Model,
    private readonly task: Task,
    given: TrainingRecipe,
    private readonly options: RunOptions,
  ) {
    // How an update is divided is part of what a run is: another machine goes on with it, whatever its cores.
    const recipe = { ...given, replicas: planOf(given).replicas };
    this.recipe = recipe;
    const { out, resume, teacher, devices = [] } = options;
    if (resume && out === undefined) throw new InputError('Resuming needs the folder of the run (--out).');
    if (out !== undefined) this.#folder = resume ? RunFolder.open(out) : RunFolder.at(out, recipe);
    this.#identity = identityOf(recipe, task, model, teacher);
    const settings = settingsOf(model, task, recipe, teacher);
    this.#settings = { ...settings, program: { ...settings.program, devices } };
    this.#feed = new ImageFeed(task, recipe, model.imageSize);
    this.#staged = new StagedProgram(model, this.#settings);
  }

  async train(): Promise<FineTuneResult> {
    const { epochs, patience } = this.recipe;
    await this.#start();
    while (this.#progress.epoch < epochs && !this.#progress.stopped) {
      await this.#staged.enter(this.#progress);
      await this.#trainEpoch();
      await this.#evaluate();
      // Only now is the epoch done: a run that stops while it evaluates does that again.
      Object.assign(this.#progress, {
        epoch: this.#epoch,
        stepInEpoch: 0,
        lossSum: 0,
        lossCount: 0,
        seconds: 0,
        noise: null,
      });
      await this.#checkpoint();
      if (this.#progress.stopped)
        this.#report({ event: 'stopped', step: this.#progress.step, epoch: this.#progress.epoch, patience });
    }
    this.#reportBadImages();
    const { best, step, skipped } = this.#progress;
    const model = this.#best ?? (await this.#bestOfEarlierRun());
    return { model, top1: best!.top1, epoch: best!.epoch, steps: step, skipped };
  }

  async #start(): Promise<void> {
    if (!this.options.resume || !this.#folder) {
      const { recipe = this.recipe, ...config } = this.options.config ?? {};
      this.#folder?.writeConfig({
        // What was left to the run is written as it was decided: a run that goes on takes it from here.
        recipe: { ...(recipe as object), replicas: this.recipe.replicas, decoder: this.recipe.decoder },
        ...config,
        fingerprint: this.task.fingerprint,
      });
      this.#folder?.writeNoise(this.options.whole?.task ?? this.task);
      return this.#staged.current.start();
    }
    const { state, progress } = this.#folder.loadCheckpoint(this.#identity);
    this.#progress = progress;
    await this.#staged.restore(progress, state);
  }

  /** The epoch under way, from 1. */
  get #epoch(): number {
    return this.#progress.epoch + 1;
  }

  async #trainEpoch(): Promise<void> {
    const { recipe, task, options, model } = this;
    const progress = this.#progress;
    const epoch = this.#epoch;
    const program = this.#staged.current;
    const stepper = new Stepper(program, {
      recipe,
      task,
      progress,
      stepsPerEpoch: updatesPerEpoch(recipe, task),
    });
    let started = performance.now();
    const order = { epoch, start: progress.stepInEpoch, reading: this.#feed.train };
    for await (const held of updatesOf(task, recipe, model.imageSize, order)) {
      const told = await stepper.step(held, epoch);
      if (recipe.ema > 0 && told.applied) await program.average(emaDecayAt(progress.updates - 1, recipe.ema));
      const seconds = (performance.now() - started) / 1000;
      started = performance.now();
      progress.seconds += seconds;
      const { applied, predictions: _, ...numbers } = told;
      this.#report({
        event: 'step',
        step: progress.step,
        epoch,
        ...numbers,
        ...(!applied && { skipped: true as const }),
        imagesPerSecond: imagesOf(held) / seconds,
      });
      if (!applied) await this.#notFinite(stepper, held);
      if (options.signal?.aborted) await this.#interrupt();
      if (performance.now() - this.#lastCheckpoint > CHECKPOINT_SECONDS * 1000) await this.#checkpoint();
    }
    const { step, lossSum, lossCount, seconds } = progress;
    this.#report({
      event: 'epoch',
      step,
      epoch,
      loss: lossSum / lossCount,
      seconds,
      ...(stepper.noise && { noise: await this.#noiseOf(stepper.noise, epoch) }),
    });
  }

  /** What was counted in the steps; where they mix images, what the weights say now of the images as they are. */
  async #noiseOf(counted: NoiseAccuracy, epoch: number): Promise<NoiseTop1> {
    if (!mixesIn(epoch, this.recipe)) return counted.result();
    try {
      return await this.#judge.noise(this.task as NoisyTask, this.options.signal);
    } catch (error) {
      if (this.options.signal?.aborted) await this.#interrupt();
      throw error;
    }
  }

  /** Where skipping is not the answer, the run ends: with a checkpoint from before, since nothing was written. */
  async #notFinite(stepper: Stepper, held: readonly Batch[]): Promise<void> {
    if (stepper.goesOn()) return;
    await this.#checkpoint();
    throw await stepper.diagnose(held);
  }

  async #evaluate(): Promise<void> {
    const progress = this.#progress;
    const epoch = this.#epoch;
    const { task, model } = this;
    const { signal } = this.options;
    const judge = this.#judge;
    try {
      const { metrics, averaged } = await judge.judge(progress, epoch, signal);
      const { best, over } = judge.note(progress, { epoch, ...metrics });
      progress.stopped = over;
      this.#report({
        event: 'evaluate',
        step: progress.step,
        epoch,
        ...metrics,
        best,
        ...(averaged && { averaged: true as const }),
      });
      if (!best) return;
      const trained = model.with({ weights: await this.#staged.current.weights({ averaged }) });
      this.#best = this.options.whole?.join(trained) ?? trained;
      await this.#folder?.saveModel(this.#best, {
        task: task.name,
        epoch,
        top1: metrics.top1,
        base: model.origin,
      });
    } catch (error) {
      if (signal?.aborted) await this.#interrupt();
      throw error;
    }
  }

  get #judge(): Judge {
    const { recipe, task, model } = this;
    const feed = this.#feed;
    return new Judge(this.#staged.current, { recipe, task, model, feed, concurrency: this.#concurrency });
  }

  /** Sessions whose operations have one thread evaluate several batches at once. */
  get #concurrency(): number {
    return this.#settings.plan.replicas > 1 ? availableParallelism() : 1;
  }

  #reportBadImages(): void {
    const { train, test } = this.#feed.skipped;
    const { step, epoch } = this.#progress;
    if (train.length + test.length > 0) this.#report({ event: 'bad-images', step, epoch, train, test });
  }

  #report(event: TrainEvent): void {
    this.#folder?.log(event);
    this.options.onEvent?.(event);
  }

  async #checkpoint(): Promise<void> {
    this.#lastCheckpoint = performance.now();
    if (!this.#folder) return;
    const state = await this.#staged.current.state();
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
    const whole = this.options.whole?.model ?? this.model;
    return whole.with(await readModel(this.#folder!.model));
  }

  async close(): Promise<void> {
    await this.#feed.close();
    await this.#staged.close();
  }
}

const imagesOf = (held: readonly Batch[]): number => held.reduce((sum, { size }) => sum + size, 0);
