import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { usualWorkers } from '../../data/decode/index.js';
import { defaultFormat } from '../../export/index.js';
import { SCHEDULES, type Schedule } from '../../optimize/index.js';
import { type Device, type Precision, tensorflowVersion } from '../../tensorflow/index.js';
import { type FineTuneResult, updatesPerEpoch } from '../../train/index.js';
import { shortName } from '../devices.js';
import { commandLine, typed } from '../invocation.js';
import { count, counted, facts, percent } from '../output.js';
import {
  augmentText,
  divisionText,
  gradientText,
  lossText,
  optimizerText,
  trainedText,
} from './plan-text.js';
import type { Prepared } from './prepare.js';

/** Where each precision has an effect. */
const PRECISION_TEXTS: Record<Exclude<Precision, 'float32'>, string> = {
  'mixed-bfloat16': 'by oneDNN on CPUs; weights, perturbation and update stay float32',
  'mixed-float16': 'on GPUs; a CPU without float16 arithmetic goes on in float32',
};

/** What a run resolved, as it says at its start. */
export function startSummary(
  { recipe, task, model, matched, decoding }: Prepared,
  devices: readonly Device[],
): string {
  const { batchSize, epochs, schedule, warmupEpochs, precision } = recipe;
  const steps = updatesPerEpoch(recipe, task);
  const { warmsUp }: Schedule = SCHEDULES[schedule];
  const division = divisionText(recipe, devices.filter(({ type }) => type === 'GPU').length);
  const trained = trainedText(recipe);
  const isPath = model.origin === recipe.base;
  return facts({
    base: isPath ? typed(recipe.base) : recipe.base,
    ...(!isPath && { weights: model.origin.replace(`${recipe.base}, `, '') }),
    task: `${task.name}: ${counted(task.train.length, 'training image')}, ${count(task.test.length)} held out, ${task.classes.length} classes`,
    ...(model.topology.class_name === 'Graph' && {
      norms: recipe.unfoldNorms
        ? 'unfolded, measured on training images'
        : 'as the graph has them; where they are folded, --unfold-norms makes it learn far better',
    }),
    ...(recipe.keepMatchingClasses && {
      head: `${matched} of ${task.classes.length} classes start as the base knows them`,
    }),
    input: `${model.imageSize} x ${model.imageSize} px, augmented by ${augmentText(recipe)}`,
    steps: `${counted(epochs, 'epoch')} of ${counted(steps, 'step')}, batch ${batchSize}`,
    ...(division !== undefined && { update: division }),
    ...(trained !== undefined && { trains: trained }),
    loss: lossText(recipe),
    gradient: gradientText(recipe),
    optimizer: optimizerText(recipe),
    schedule: warmsUp ? schedule : `${schedule}, after a warm-up of ${counted(warmupEpochs, 'epoch')}`,
    ...(precision !== 'float32' && { precision: `${precision}: ${PRECISION_TEXTS[precision]}` }),
    ...(task.noise && {
      noise: `${task.noise.changed.length} training labels are wrong on purpose (${recipe.labelNoise})`,
    }),
    seed: String(recipe.seed),
    decoder: `${decoding}; ${inFlight(recipe)}`,
    device: `${devices.map(shortName).join(', ')}; ${counted(availableParallelism(), 'core')}; TensorFlow ${tensorflowVersion()}`,
    out: typed(recipe.out),
  });
}

/** Sizes of the pool and of the queue. */
function inFlight({ workers = usualWorkers(), accumulate }: Prepared['recipe']): string {
  const threads = process.env.UV_THREADPOOL_SIZE ?? '4';
  return `${counted(workers, 'image')} at once on ${counted(Number(threads), 'thread')}, ${accumulate + 1} batches ahead`;
}

/** What a run reached. */
export function resultLines({ top1, epoch }: FineTuneResult, { recipe, task }: Prepared): string {
  return `Held-out top-1 ${percent(top1)} on ${counted(task.test.length, 'image')} (epoch ${epoch})\nBest model: ${typed(join(recipe.out, 'model'))}`;
}

/** The commands that come next. */
export function nextCommands({ recipe, task, model }: Prepared): string {
  const run = typed(recipe.out);
  const { source } = task.test;
  const image = source.kind === 'encoded' ? typed(source.images.at(0).path ?? 'IMAGE.jpg') : 'IMAGE.png';
  return [
    'Next:',
    `  ${commandLine('predict', run, image)}`,
    `  ${commandLine('export', run, '--format', defaultFormat(model), '--out', typed(join(recipe.out, 'export')))}`,
  ].join('\n');
}

/** The command that goes on with an interrupted run. */
export const resumeCommand = (out: string): string => commandLine('--resume', '--out', typed(out));
