import type { Command } from 'commander';
import { loadTask } from '../data/tasks/index.js';
import { InputError } from '../errors.js';
import { evaluate, VIEWS, viewsOf } from '../evaluate/index.js';
import { namesOf } from '../named.js';
import { importBase } from '../weights/import-base.js';
import { counting, Meter } from './meter.js';
import { count, facts, percent, print, printJson } from './output.js';
import { readRunConfig, recipeOf } from './run-config.js';
import { loadTaskOptions, type TaskRecipe, taskRecipe } from './task-options.js';

interface EvaluateFlags {
  task?: string;
  data?: string;
  tta: string;
  json: boolean;
}

/** What `--tta` does, for help. */
export const TTA = `test-time augmentation, probabilities averaged over views: ${namesOf(VIEWS)}`;

/** Adds `evaluate`. */
export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary("measure a model on a task's held-out images")
    .description("Measures a model on a task's held-out images: top-1 and top-5 accuracy, and loss.")
    .argument('<run|model>', 'run, model in any format that is read, or name of a base')
    .option('--task <name|path>', "name of a task, or folder of class folders (default: the run's own)")
    .option('--data <folder>', "where the named task's files are")
    .option('--tta <views>', TTA, 'none')
    .option('--json', 'print one JSON document', false)
    .action(evaluateCommand);
}

async function evaluateCommand(path: string, flags: EvaluateFlags): Promise<void> {
  const { task: named, data, tta, json } = flags;
  viewsOf(tta);
  const { recipe, task: name } = taskOf(path, named, data);
  const meter = new Meter();
  const task = await loadTask(name, loadTaskOptions(recipe, meter));
  meter.clear();
  const model = await importBase(path);
  try {
    const onProgress = counting(meter, `Evaluating on ${task.name}`);
    const metrics = await evaluate(model, task, { tta, onProgress }).finally(() => meter.clear());
    if (json) return printJson({ model: path, task: task.name, tta, ...metrics });
    print(
      facts({
        task: task.name,
        images: count(metrics.count),
        ...(tta !== 'none' && { views: tta }),
        'top-1': percent(metrics.top1),
        ...(task.classes.length > 5 && { 'top-5': percent(metrics.top5) }),
        loss: metrics.loss.toFixed(4),
      }),
    );
  } finally {
    await model.dispose();
  }
}

/** The task that is asked for, else the run's own, divided with the run's seed as it was in training. */
function taskOf(path: string, named: string | undefined, data: string | undefined) {
  const config = readRunConfig(path);
  const run = config && recipeOf(config);
  const task = named ?? run?.task;
  if (task === undefined) {
    throw new InputError(
      `${path} does not say which task it was trained on. Name one with --task NAME|PATH.`,
    );
  }
  // Columns, classes and the like are those of the run's own task.
  const own: Partial<TaskRecipe> =
    named === undefined && run ? taskRecipe(run) : { ...(run && { seed: run.seed }) };
  return { task, recipe: { ...own, ...(data !== undefined && { data }) } };
}
