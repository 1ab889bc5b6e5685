import type { Dataset, Task } from '../data/dataset.js';
import { NoiseAccuracy, type NoiseTop1, type NoisyTask } from '../data/noise/index.js';
import {
  classMetrics,
  evaluateLogits,
  type LogitsOf,
  type Metrics,
  macroAverages,
  OutcomeRecorder,
  type Outcomes,
} from '../evaluate/index.js';
import type { Model } from '../model/index.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import type { Progress } from './checkpoint.js';
import type { ImageFeed } from './feed.js';
import type { Program } from './program/index.js';
import { measuredBatches } from './training-images.js';
import { BestTracker, type Evaluation, Patience } from './watch/index.js';

/** Batches that statistics are measured anew on, at most. */
const MEASURED_BATCHES = 100;

export interface JudgeOptions {
  recipe: TrainingRecipe;
  task: Task;
  model: Model;
  feed: ImageFeed;
  /** Batches that are evaluated at once. */
  concurrency: number;
}

/** What an evaluation found. */
export interface Judgement {
  metrics: Omit<Evaluation, 'epoch'>;
  /** Whether it is that of averaged weights. */
  averaged: boolean;
}

/** Evaluates what is to be kept after an epoch: the weights, or their averages, with the statistics that belong to them. */
export class Judge {
  constructor(
    private readonly program: Program,
    private readonly options: JudgeOptions,
  ) {}

  /** @param epoch the epoch that was just trained, from 1 */
  async judge(progress: Progress, epoch: number, signal: AbortSignal | undefined): Promise<Judgement> {
    const { recipe, task, model, feed } = this.options;
    const swaEpochs = epoch - (recipe.epochs - recipe.swa);
    const swa = recipe.swa > 0 && swaEpochs > 0;
    // The mean over the ends of the epochs so far: arXiv 1803.05407, algorithm 1.
    if (swa && progress.averagedEpoch < epoch) {
      await this.program.average((swaEpochs - 1) / swaEpochs);
      // A run that stops while it evaluates must not average this epoch twice.
      progress.averagedEpoch = epoch;
    }
    const averaged = swa || recipe.ema > 0;
    if (swa || recipe.bn === 're-estimate') {
      const measured = measuredBatches(task, recipe, model.imageSize, {
        epoch,
        most: MEASURED_BATCHES,
        reading: feed.train,
      });
      await this.program.reestimate(measured, { averaged });
    }
    const logitsOf: LogitsOf = (images) => this.program.logits(images, { averaged });
    const { outcomes, top1, top5, loss } = await this.#look(logitsOf, task.test, feed.test, signal);
    const { precision, recall, f1 } = macroAverages(classMetrics(outcomes, task.classes));
    return {
      metrics: { top1, top5, loss, macroPrecision: precision, macroRecall: recall, macroF1: f1 },
      averaged,
    };
  }

  /** Accuracy of the weights on the training images, as they are, apart for true and wrong labels. */
  async noise(task: NoisyTask, signal: AbortSignal | undefined): Promise<NoiseTop1> {
    const { skipping, ...rest } = this.options.feed.train;
    // No image stands in for another: each counts once.
    const reading = { ...rest, ...(skipping && { skipping: { ...skipping, put: 'nothing' as const } }) };
    const logitsOf: LogitsOf = (images) => this.program.logits(images);
    const { outcomes } = await this.#look(logitsOf, task.train, reading, signal);
    const accuracy = new NoiseAccuracy(task);
    accuracy.add(outcomes.rows, outcomes.predicted);
    return accuracy.result();
  }

  /** What is said about each image of a data set. */
  async #look(
    logitsOf: LogitsOf,
    dataset: Dataset,
    reading: ImageFeed['test'],
    signal: AbortSignal | undefined,
  ): Promise<Metrics & { outcomes: Outcomes }> {
    const { model, concurrency } = this.options;
    const recorder = new OutcomeRecorder(dataset.length);
    const metrics = await evaluateLogits(logitsOf, dataset, {
      imageSize: model.imageSize,
      ...reading,
      concurrency,
      onLogits: ({ data }, { labels, indices }) => recorder.add(data, labels.data, indices),
      ...(signal && { signal }),
    });
    return { ...metrics, outcomes: recorder.result };
  }

  /**
   * Whether what was found is the best so far, and whether the run is over because nothing better came for long; both
   * are noted in `progress`.
   */
  note(progress: Progress, evaluation: Evaluation): { best: boolean; over: boolean } {
    const { bestMetric, patience, swa, epochs } = this.options.recipe;
    const metric = bestMetric === 'last' ? 'top1' : bestMetric;
    // Averages are what the run is for: weights from before them are no rivals, and it does not stop before them.
    const beforeAverages = swa > 0 && evaluation.epoch <= epochs - swa;
    const isFirstAverage = swa > 0 && evaluation.epoch === epochs - swa + 1;
    const tracker = new BestTracker(metric, bestMetric === 'last' || isFirstAverage ? null : progress.best);
    const best = tracker.offer(evaluation);
    progress.best = tracker.best;
    if (beforeAverages) return { best, over: false };
    const watch = new Patience(patience, metric, progress.patience);
    const over = watch.observe(evaluation);
    progress.patience = watch.state;
    return { best, over };
  }
}
