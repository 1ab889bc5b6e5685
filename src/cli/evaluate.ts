import { type Command, Option } from 'commander';
import type { Task } from '../data/dataset.js';
import { SPLITS, type Split } from '../data/images-of.js';
import {
  checkClasses,
  compareOutcomes,
  drawMistakes,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  tableFormatOf,
  VIEWS,
  viewsOf,
} from '../evaluate/index.js';
import type { Model } from '../model/index.js';
import { namesOf } from '../named.js';
import { importBase } from '../weights/import-base.js';
import { writeFileAside } from '../weights/write-aside.js';
import { imagesText, splitFor, type Trained, warningText } from './evaluate/measured-images.js';
import { comparisonText, evaluationText } from './evaluate/text.js';
import { trainedOn } from './evaluate/trained-on.js';
import { typed } from './invocation.js';
import { counting, Meter } from './meter.js';
import { checkOutFile } from './out-place.js';
import { facts, print, printJson } from './output.js';
import { loadOwnTask } from './own-task.js';

interface EvaluateFlags {
  task?: string;
  data?: string;
  split?: Split;
  tta: string;
  compare?: string;
  predictions?: string;
  mistakes?: string;
  json: boolean;
}

/** What `--tta` does, for help. */
export const TTA = `test-time augmentation, probabilities averaged over views: ${namesOf(VIEWS)}`;

/** Adds `evaluate`. */
export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary("measure a model on a task's images")
    .description(
      "Measures a model on a task's images, the held-out ones where there are some: top-1 and top-5 accuracy and loss; precision, " +
        'recall and F1 of each class; what is taken for what; how far its probabilities can be trusted.',
    )
    .argument('<run|model>', 'run, model in any format that is read, or name of a base')
    .option('--task <name|path>', "name of a task, or folder of class folders (default: the run's own)")
    .option('--data <folder>', "where the named task's files are")
    .addOption(
      new Option(
        '--split <name>',
        'images to measure: held out (test), to train on (train), or all; left out: test, or all of a folder without splits ' +
          'that the model was not trained on',
      ).choices(SPLITS),
    )
    .option('--tta <views>', TTA, 'none')
    .option(
      '--compare <run|model>',
      "a second model on the same images: McNemar's test of which is better, in words",
    )
    .option('--predictions <file>', 'write a row an image: .parquet, .csv or .jsonl')
    .option('--mistakes <file.png>', 'draw the worst mistakes, the most confident first')
    .option('--json', 'print one JSON document, with all classes and the confusion matrix', false)
    .action(evaluateCommand);
}

async function evaluateCommand(path: string, flags: EvaluateFlags): Promise<void> {
  const { task: named, data, tta, compare, predictions, mistakes, json } = flags;
  viewsOf(tta);
  if (predictions !== undefined) {
    tableFormatOf(predictions);
    checkOutFile('--predictions', predictions);
  }
  if (mistakes !== undefined) checkOutFile('--mistakes', mistakes, { ending: '.png' });
  const meter = new Meter();
  const task = await loadOwnTask(path, { task: named, data });

  // What is wrong with the second is said before the first is run.
  const model = await importBase(path);
  const second = compare === undefined ? undefined : await importBase(compare);
  for (const { labels } of second ? [model, second] : [model]) checkClasses(labels, task);

  const models = await trainedModels(compare === undefined ? [path] : [path, compare], task, flags);
  const split = flags.split ?? splitFor(task, models);
  const evaluation = await measured(model, task, { path, split, tta, predictions, meter });
  const { outcomes, ...shown } = evaluation;
  if (mistakes !== undefined) {
    const title = `Mistakes of ${path} on ${task.name}`;
    const drawn = await drawMistakes(task, outcomes, { title, split });
    await writeFileAside(mistakes, (file) => file.writeFile(drawn));
  }
  const other = second && (await measured(second, task, { path: compare!, split, tta, meter }));
  const comparison = other && compareOutcomes(outcomes, other.outcomes);
  if (json) {
    const [trained, otherTrained] = models.map(({ countIn }) => ({ trainedOn: countIn?.(split) ?? null }));
    const compared = comparison && {
      compare: { model: compare, ...otherTrained, top1: other.top1, ...comparison },
    };
    return printJson({ model: path, task: task.name, split, ...trained, tta, ...shown, ...compared });
  }
  const images = imagesText(task, split);
  const warning = warningText(task, split, models);
  print(evaluationText(evaluation, { task: task.name, tta, images, warning }));
  if (comparison) {
    const named = [
      { name: typed(path), top1: evaluation.top1 },
      { name: typed(compare!), top1: other.top1 },
    ] as const;
    print(`\n${comparisonText(comparison, named)}`);
  }
  const files = { ...(predictions && { predictions }), ...(mistakes && { mistakes }) };
  if (Object.keys(files).length > 0) print(`\n${facts(files)}`);
}

/** What is known of the training of models, where it matters: the held-out split of some data is its own. */
async function trainedModels(
  paths: readonly string[],
  task: Task,
  { task: named, split = 'test' }: EvaluateFlags,
): Promise<Trained[]> {
  const matters = task.isDivided || split !== 'test';
  const models: Trained[] = [];
  for (const [i, model] of paths.entries()) {
    const isOwn = named === undefined && i === 0;
    models.push({ model, countIn: matters ? await trainedOn(model, task, { isOwn }) : () => 0 });
  }
  return models;
}

async function measured(
  model: Model,
  task: Task,
  {
    path,
    meter,
    ...options
  }: Pick<EvaluateOptions, 'split' | 'tta' | 'predictions'> & { path: string; meter: Meter },
): Promise<Evaluation> {
  try {
    const onProgress = counting(meter, `Evaluating ${path} on ${task.name}`);
    return await evaluate(model, task, { ...options, onProgress });
  } finally {
    meter.clear();
    await model.dispose();
  }
}
