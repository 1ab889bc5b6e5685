import type { Task } from '../data/dataset.js';
import { NoiseAccuracy, type NoiseTop1, type NoisyTask } from '../data/noise/index.js';
import { classMetrics, evaluateLogits, macroAverages, OutcomeRecorder } from '../evaluate/index.js';
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
    const { recipe, task, model, feed, concurrency } = this.options;
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
    const logitsOf = (images: Parameters<Program['logits']>[0]) => this.program.logits(images, { averaged });
    const recorder = new OutcomeRecorder(task.test.length);
    const { top1, top5, loss } = await evaluateLogits(logitsOf, task.test, {
      imageSize: model.imageSize,
      ...feed.test,
      concurrency,
      onLogits: ({ data }, { labels, indices }) => recorder.add(data, labels.data, indices),
      ...(signal && { signal }),
    });
    const { precision, recall, f1 } = macroAverages(classMetrics(recorder.result, task.classes));
    return {
      metrics: { top1, top5, loss, macroPrecision: precision, macroRecall: recall, macroF1: f1 },
      averaged,
    };
  }

  /** Accuracy of the weights on the training images, as they are, apart for true and wrong labels. */
  async noise(task: NoisyTask, signal: AbortSignal | undefined): Promise<NoiseTop1> {
    const { model, feed, concurrency } = this.options;
    const { skipping, ...reading } = feed.train;
    const recorder = new OutcomeRecorder(task.train.length);
    await evaluateLogits((images) => this.program.logits(images), task.train, {
      imageSize: model.imageSize,
      ...reading,
      // No image stands in for another: each counts once.
      ...(skipping && { skipping: { ...skipping, put: 'nothing' } }),
      concurrency,
      onLogits: ({ data }, { labels, indices }) => recorder.add(data, labels.data, indices),
      ...(signal && { signal }),
    });
    const { rows, predicted } = recorder.result;
    const accuracy = new NoiseAccuracy(task);
    accuracy.add(rows, predicted);
    return accuracy.result();
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
