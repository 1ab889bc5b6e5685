import { join } from 'node:path';
import { namedFolder } from '../data/cache-folder.js';
import type { Task } from '../data/dataset.js';
import { InputError } from '../errors.js';
import { checkClasses } from '../evaluate/index.js';
import { parseClassWeights } from '../loss/index.js';
import type { Model } from '../model/index.js';
import { defineTraining, type RecipeInput, type TrainingRecipe } from '../recipe/recipe.js';
import { importBase } from '../weights/import-base.js';
import { checkBatchSize, checkHeldOut } from './checks.js';
import { Interrupted } from './endings.js';
import { decoderOf } from './feed.js';
import { type Probe, probeTask } from './probe/index.js';
import { gpusFor, Program, planOf } from './program/index.js';
import { Run } from './run.js';
import { FEATURES, RunFolder } from './run-folder.js';
import type { FineTuneOptions, FineTuneResult, RunOptions } from './run-options.js';
import { sessionOf, settingsOf } from './settings.js';

/**
 * Fine-tunes a model on a task with SAM, and keeps the best weights.
 *
 * @param model its labels are the task's classes: see `swapHead`
 * @param recipe what differs from the defaults
 * @throws InputError before anything is trained when recipe, model and task do not fit; Interrupted
 * @example
 * const base = swapHead(await importBase('efficientnet-lite0', { imageSize: 64 }), { classes: task.classes });
 * const { model, top1 } = await fineTune(base, task, { epochs: 2 }, { out: 'runs/digits' });
 */
export async function fineTune(
  model: Model,
  task: Task,
  recipe: Partial<RecipeInput> = {},
  options: FineTuneOptions = {},
): Promise<FineTuneResult> {
  const training = defineTraining(recipe);
  checkClasses(model.labels, task);
  checkBatchSize(training, task);
  checkHeldOut(task);
  if (training.linearProbe) return fineTuneHead(model, task, training, options);
  const teacher = options.teacher ?? (await teacherOf(training));
  if (teacher) checkTeacher(teacher, model);
  const decoder = await decidedDecoder(model, task, training, options);
  const plan = planOf(training);
  const devices = await gpusFor(plan, sessionOf(training, plan));
  const given = { ...options, devices, ...(teacher && { teacher }) };
  return trained(new Run(model, task, { ...training, decoder }, given));
}

/** The decoder of a run: where it goes on, the one that it began with. */
async function decidedDecoder(
  { imageSize }: Model,
  task: Task,
  training: TrainingRecipe,
  { out, resume }: FineTuneOptions,
): Promise<TrainingRecipe['decoder']> {
  const begun = resume && out !== undefined ? RunFolder.open(out).recipe.decoder : undefined;
  if (training.decoder === 'auto' && begun !== undefined) return begun as TrainingRecipe['decoder'];
  return (await decoderOf(training, task, imageSize)).name;
}

async function trained(run: Run): Promise<FineTuneResult> {
  try {
    return await run.train();
  } finally {
    await run.close();
  }
}

/** What a probe can know to be wrong before it computes the features of all images. */
function checkProbe({ labels }: Model, { train, classes: names }: Task, training: TrainingRecipe): void {
  planOf(training);
  parseClassWeights(training.classWeights, { labels: train.labels, classes: labels.length, names });
}

/**
 * Checks all that a run would, short of training: assembles its graph and lets it go.
 *
 * @throws InputError
 */
export async function checkTraining(
  model: Model,
  task: Task,
  recipe: TrainingRecipe,
  teacher?: Model,
): Promise<void> {
  if (recipe.linearProbe) return checkProbe(model, task, recipe);
  const { program, stages } = settingsOf(model, task, recipe, teacher);
  await Program.create(model, { ...program, frozen: stages[0]!.frozen }).close();
}

/** Before the first step there is nothing that a checkpoint could keep. */
const STOPPED_EARLY =
  'Stopped while the features of the images were computed. Start it again with the same options.';

/** A linear probe: the features of all images once, then the head alone on them. */
async function fineTuneHead(
  model: Model,
  task: Task,
  training: TrainingRecipe,
  options: FineTuneOptions,
): Promise<FineTuneResult> {
  checkProbe(model, task, training);
  // The folder is looked at before the features take their time.
  if (options.out !== undefined && !options.resume) RunFolder.at(options.out, training);
  const probe = await probeOf(model, task, training, options);
  const { onEvent } = options;
  onEvent?.({ event: 'features', step: 0, epoch: 0, images: probe.images, seconds: probe.seconds });
  const { train, test } = probe.skipped;
  if (train.length + test.length > 0) onEvent?.({ event: 'bad-images', step: 0, epoch: 0, train, test });
  const whole: RunOptions['whole'] = { model, task, join: probe.join };
  return trained(new Run(probe.model, probe.task, training, { ...options, whole }));
}

async function probeOf(
  model: Model,
  task: Task,
  { workers, onBadImage, cache }: TrainingRecipe,
  { out, signal }: FineTuneOptions,
): Promise<Probe> {
  const inRun = cache === 'auto' && out !== undefined ? join(out, FEATURES) : undefined;
  const folder = inRun ?? namedFolder(cache);
  try {
    return await probeTask(model, task, {
      workers,
      skipBadImages: onBadImage === 'skip',
      ...(folder !== undefined && { cache: folder }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw new Interrupted(STOPPED_EARLY);
    throw error;
  }
}

/**
 * The model that a recipe distils from, where it names one.
 *
 * @throws InputError for a teacher that cannot be loaded
 */
export async function teacherOf({ teacher }: Pick<TrainingRecipe, 'teacher'>): Promise<Model | undefined> {
  if (teacher === undefined) return undefined;
  try {
    return await importBase(teacher);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`The teacher of --teacher cannot be loaded. ${error.message}`);
  }
}

/** @throws InputError where a teacher knows other classes than the model learns */
export function checkTeacher(teacher: Model, { labels }: Model): void {
  if (teacher.labels.length === labels.length && labels.every((label, i) => label === teacher.labels[i]))
    return;
  throw new InputError(
    `The teacher (${teacher.origin}) knows ${teacher.labels.length} classes, the model learns ${labels.length}. ` +
      'They must be the same in the same order: take as --teacher a run on the same task.',
  );
}
