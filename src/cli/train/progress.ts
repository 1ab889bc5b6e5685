import type { TrainingRecipe } from '../../recipe/index.js';
import type {
  BadImagesEvent,
  EpochEvent,
  EvaluateEvent,
  FeaturesEvent,
  StepEvent,
  StoppedEvent,
  TrainEvent,
} from '../../train/index.js';
import { Meter, type MeterText } from '../meter.js';
import { clock, counted, percent, say } from '../output.js';

/** What the steps of a run are counted against. */
export interface Plan {
  epochs: number;
  stepsPerEpoch: number;
  batchSize: number;
  classes: number;
  /** What decides which weights are the best: told as well where no line has it. */
  bestMetric: TrainingRecipe['bestMetric'];
}

/** Metrics that a line names where they decide. */
const MACRO = {
  'macro-precision': { name: 'macro precision', of: ({ macroPrecision }) => macroPrecision },
  'macro-recall': { name: 'macro recall', of: ({ macroRecall }) => macroRecall },
  'macro-f1': { name: 'macro F1', of: ({ macroF1 }) => macroF1 },
} satisfies Partial<
  Record<TrainingRecipe['bestMetric'], { name: string; of: (event: EvaluateEvent) => number }>
>;

/** Share of the newest step in the smoothed speed. */
const NEWEST = 0.1;

/** Tells how a run goes on: a bar while an epoch is under way, and a line an epoch. */
export class TrainProgress {
  readonly #plan: Plan;
  readonly #meter = new Meter({ line: ({ left, right }) => `${left}, step ${right}` });
  #firstStep: number | undefined;
  #imagesPerSecond = 0;
  #step = 0;
  #epoch: Pick<EpochEvent, 'loss' | 'seconds' | 'noise'> & { ended: number } = {
    loss: 0,
    seconds: 0,
    ended: 0,
  };
  #skipped = 0;
  #evaluationSeconds = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Steps done, those of an earlier part of the run included. */
  get step(): number {
    return this.#step;
  }

  /** Before the first event: the graph is assembled, and prepared in the first step. */
  start(): void {
    this.#meter.update(0, { left: 'Preparing the first step', right: '' });
  }

  /** Takes an event of `fineTune`. */
  readonly onEvent = (event: TrainEvent): void => {
    this.#step = event.step;
    if (event.event === 'step') this.#onStep(event);
    else if (event.event === 'epoch') {
      this.#epoch = { ...event, ended: performance.now() };
      this.#meter.update(1, { left: this.#name(event.epoch), right: 'evaluating' });
    } else if (event.event === 'evaluate') this.#onEvaluate(event);
    else this.#onOther(event);
  };

  /** Takes the bar away. */
  clear(): void {
    this.#meter.clear();
  }

  #onStep(event: StepEvent): void {
    const { epoch, step, imagesPerSecond: speed } = event;
    if (this.#firstStep === undefined && step > 1) say(`Going on after step ${step - 1} of the run.`);
    this.#firstStep ??= step;
    if (event.skipped) this.#skipped++;
    // The first step of a process is slow, as TensorFlow prepares the graph in it: it tells nothing about the others.
    if (step === this.#firstStep + 1) this.#imagesPerSecond = speed;
    else if (step > this.#firstStep) this.#imagesPerSecond += NEWEST * (speed - this.#imagesPerSecond);
    const { stepsPerEpoch } = this.#plan;
    const inEpoch = step - (epoch - 1) * stepsPerEpoch;
    this.#meter.update(inEpoch / stepsPerEpoch, this.#text(event, `${inEpoch}/${stepsPerEpoch}`));
  }

  #text({ epoch, loss, perturbedLoss }: StepEvent, place: string): MeterText {
    const losses =
      perturbedLoss === undefined
        ? `loss ${loss.toFixed(3)}`
        : `loss ${loss.toFixed(3)} perturbed ${perturbedLoss.toFixed(3)}`;
    const speed =
      this.#imagesPerSecond > 0
        ? ` ${this.#imagesPerSecond.toFixed(0)} img/s ${clock(this.#secondsLeft(epoch))} left`
        : '';
    return { left: this.#name(epoch), right: `${place} ${losses}${speed}` };
  }

  /** Of the whole run: steps, and evaluations as long as the last one. */
  #secondsLeft(epoch: number): number {
    const { epochs, stepsPerEpoch, batchSize } = this.#plan;
    const steps = epochs * stepsPerEpoch - this.#step;
    return (steps * batchSize) / this.#imagesPerSecond + (epochs - epoch + 1) * this.#evaluationSeconds;
  }

  #onOther(event: FeaturesEvent | StoppedEvent | BadImagesEvent): void {
    this.#meter.clear();
    if (event.event === 'bad-images') {
      say(badImagesText(event));
      return;
    }
    if (event.event === 'features') {
      say(featuresText(event));
      return;
    }
    say(
      `Stopped after epoch ${event.epoch}: nothing better in ${counted(event.patience, 'epoch')} (--patience).`,
    );
  }

  /** Training accuracy apart for true and wrong labels. */
  #noise(): string {
    const { noise } = this.#epoch;
    if (!noise) return '';
    const shown = (share: number | undefined) => (share === undefined ? '-' : percent(share));
    return (
      `; in training: true labels ${shown(noise.cleanTop1)}, wrong labels learned ${shown(noise.noisyTop1)}, ` +
      `seen through ${shown(noise.correctedTop1)}`
    );
  }

  #onEvaluate(event: EvaluateEvent): void {
    const { epoch, top1, top5, best } = event;
    this.#evaluationSeconds = (performance.now() - this.#epoch.ended) / 1000;
    this.#meter.clear();
    const { loss, seconds } = this.#epoch;
    const five = this.#plan.classes > 5 ? `, top-5 ${percent(top5)}` : '';
    say(
      `${this.#name(epoch)}: loss ${loss.toFixed(4)}, held-out top-1 ${percent(top1)}${five}${this.#deciding(event)}, ` +
        `${clock(seconds + this.#evaluationSeconds)}${best ? ', best' : ''}${this.#noise()}`,
    );
    if (this.#skipped > 0)
      say(`  ${counted(this.#skipped, 'step')} skipped: loss or gradient was not a number.`);
    this.#skipped = 0;
  }

  #deciding(event: EvaluateEvent): string {
    const { bestMetric } = this.#plan;
    if (!(bestMetric in MACRO)) return '';
    const { name, of } = MACRO[bestMetric as keyof typeof MACRO];
    return `, ${name} ${percent(of(event))}`;
  }

  #name(epoch: number): string {
    const { epochs } = this.#plan;
    return `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  }
}

/** Bad images that are named at the end; the others are in metrics.jsonl. */
const NAMED = 5;

function badImagesText({ train, test }: BadImagesEvent): string {
  const reasons = [...train, ...test];
  const more = reasons.length > NAMED ? [`... and ${reasons.length - NAMED} more: see metrics.jsonl`] : [];
  return [
    `${counted(reasons.length, 'image')} could not be read and ${reasons.length === 1 ? 'was' : 'were'} skipped:`,
    ...[...reasons.slice(0, NAMED), ...more].map((line) => `  ${line}`),
  ].join('\n');
}

function featuresText({ images, seconds }: FeaturesEvent): string {
  const trains = 'the head alone trains on them, within seconds';
  if (images === 0) return `The features of all images were there already: ${trains}.`;
  return `Features of ${counted(images, 'image')}, computed once, in ${clock(seconds)}: ${trains}.`;
}
