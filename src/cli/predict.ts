import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { IMAGE_EXTENSIONS, imagesBelow } from '../data/layouts/image-files.js';
import { InputError, invalid } from '../errors.js';
import { type FilePrediction, predict, viewsOf } from '../evaluate/index.js';
import { importBase } from '../weights/import-base.js';
import { TTA } from './evaluate.js';
import { percent, print, printJson } from './output.js';
import { readRunConfig } from './run-config.js';

interface PredictFlags {
  top: string;
  logits: boolean;
  tta: string;
  json: boolean;
}

const PERCENT_WIDTH = 8;

/** Adds `predict`. */
export function addPredict(program: Command): void {
  program
    .command('predict')
    .summary('classify images')
    .description('Classifies images, and the images in folders.')
    .argument('<run|model>', 'run, model in any format that is read, or name of a base')
    .argument('<image|folder...>', 'image files, and folders that are searched for images')
    .option('--top <count>', 'classes to name an image, likeliest first', '5')
    .option('--logits', 'with --json: add the logits of all classes', false)
    .option('--tta <views>', TTA, 'none')
    .option('--json', 'print one JSON document', false)
    .action(predictCommand);
}

async function predictCommand(path: string, images: string[], flags: PredictFlags): Promise<void> {
  const { logits, tta, json } = flags;
  const top = Number(flags.top);
  if (!Number.isInteger(top) || top < 1) throw invalid('--top', 'a whole number of 1 or more', flags.top);
  if (logits && !json) throw new InputError('--logits adds to the JSON document: give --json as well.');
  const mirrors = mirrorsOf(path);
  viewsOf(tta, { mirrors });
  const files = images.flatMap(filesOf);
  const model = await importBase(path);
  try {
    const predictions = await predict(model, files, { top, logits, tta, mirrors });
    if (json) printJson(predictions);
    else print(predictions.map(lines).join('\n'));
  } finally {
    await model.dispose();
  }
}

/** Whether the task of a run allows mirror images; what is no run does not say. */
function mirrorsOf(path: string): boolean {
  try {
    return readRunConfig(path)?.mirrors !== false;
  } catch (error) {
    // A model folder of others may have a config.json of its own.
    if (error instanceof InputError) return true;
    throw error;
  }
}

function filesOf(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new InputError(`There is no image or folder at ${path}. Check the path.`);
  if (!stat.isDirectory()) return [path];
  const files = imagesBelow(path);
  if (files.length > 0) return files;
  throw new InputError(`The folder ${path} has no images (${IMAGE_EXTENSIONS.join(', ')}). Name another.`);
}

function lines({ file, predictions }: FilePrediction): string {
  const classes = predictions.map(
    ({ label, probability }) => `  ${percent(probability).padStart(PERCENT_WIDTH)}  ${label}`,
  );
  return [file, ...classes].join('\n');
}
