import { type Command, Option } from 'commander';
import { InputError, invalid } from '../errors.js';
import { namesFileOf, type PredictOptions, predictEach, viewsOf } from '../evaluate/index.js';
import { importBase } from '../weights/import-base.js';
import { TTA } from './evaluate.js';
import { counting, Meter } from './meter.js';
import { checkOutFile, checkOutFolder } from './out-place.js';
import { counted, say } from './output.js';
import { imagesOf } from './predict/inputs.js';
import { csvPrinter, jsonPrinter, textPrinter } from './predict/printer.js';
import { readRunConfig } from './run-config.js';

interface PredictFlags {
  top: string;
  logits: boolean;
  tta: string;
  embeddings?: string;
  explain?: string;
  explainClass?: string;
  onBadImage: 'fail' | 'skip';
  csv: boolean;
  json: boolean;
}

const FAILED = 1;

/** Adds `predict`. */
export function addPredict(program: Command): void {
  program
    .command('predict')
    .summary('classify images')
    .description('Classifies images, and the images in folders.')
    .argument('<run|model>', 'run, model in any format that is read, or name of a base')
    .argument(
      '<image|folder|pattern|-...>',
      'image files, folders that are searched for images, patterns such as "holiday/**/*.jpg", and - for standard ' +
        'input: an image, or paths, a line each',
    )
    .option('--top <count>', 'classes to name an image, likeliest first', '5')
    .option('--logits', 'with --json: add the logits of all classes', false)
    .option('--tta <views>', TTA, 'none')
    .option(
      '--embeddings <file.npy>',
      'write what goes into the last dense layer, float32 [images, features]; names of the images beside it',
    )
    .option('--explain <folder>', 'draw on each image what speaks for its class (Grad-CAM)')
    .option('--explain-class <name>', 'class to explain (default: the one that each image is taken for)')
    .addOption(
      new Option(
        '--on-bad-image <what>',
        'an image that cannot be read ends it, or is left out and named at the end',
      )
        .choices(['fail', 'skip'])
        .default('fail'),
    )
    .option('--csv', 'print comma-separated values, a line for each class of each image', false)
    .option('--json', 'print one JSON document', false)
    .action(predictCommand);
}

async function predictCommand(path: string, args: string[], flags: PredictFlags): Promise<void> {
  const { json, csv, embeddings, explain } = flags;
  const options = optionsOf(path, flags);
  const images = await imagesOf(args);
  const model = await importBase(path);
  const meter = new Meter();
  const bad: string[] = [];
  try {
    const printer = json ? jsonPrinter() : csv ? csvPrinter() : textPrinter();
    const told: PredictOptions = {
      ...options,
      ...(flags.onBadImage === 'skip' && { onBadImage: (reason) => void bad.push(reason) }),
      // Where nobody watches, the predictions themselves are the progress.
      ...(process.stderr.isTTY && { onProgress: counting(meter, 'Predicting') }),
    };
    await predictEach(model, images, told, (predictions) => {
      meter.clear();
      printer.print(predictions);
    });
    meter.clear();
    printer.finish();
    for (const written of [embeddings, embeddings && namesFileOf(embeddings), explain])
      if (written !== undefined) say(`written: ${written}`);
  } finally {
    meter.clear();
    await model.dispose();
  }
  if (bad.length === 0) return;
  say(`${counted(bad.length, 'image')} could not be read:\n${bad.map((reason) => `  ${reason}`).join('\n')}`);
  process.exitCode = FAILED;
}

/** What the flags ask for; places that are written to are there. */
function optionsOf(path: string, flags: PredictFlags): PredictOptions {
  const { logits, tta, json, csv, embeddings, explain, explainClass } = flags;
  const top = Number(flags.top);
  if (!Number.isInteger(top) || top < 1) throw invalid('--top', 'a whole number of 1 or more', flags.top);
  if (logits && !json) throw new InputError('--logits adds to the JSON document: give --json as well.');
  if (json && csv) throw new InputError('--json and --csv are two forms of the same. Give one of them.');
  if (explainClass !== undefined && explain === undefined)
    throw new InputError('--explain-class says what --explain draws: give --explain FOLDER as well.');
  const mirrors = mirrorsOf(path);
  viewsOf(tta, { mirrors });
  if (embeddings !== undefined) checkOutFile('--embeddings', embeddings, { ending: '.npy' });
  if (explain !== undefined) checkOutFolder('--explain', explain);
  return {
    ...{ top, logits, tta, mirrors },
    ...(embeddings !== undefined && { embeddings }),
    ...(explain !== undefined && {
      explain: { folder: explain, ...(explainClass !== undefined && { class: explainClass }) },
    }),
  };
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
