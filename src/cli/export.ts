import { basename, isAbsolute, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { InputError, invalid } from '../errors.js';
import {
  defaultFormat,
  type ExportReport,
  exportModel,
  FORMATS,
  type FormatName,
  QUANTIZATIONS,
  type Quantization,
  type Verification,
} from '../export/index.js';
import { pushFolder, repositoryNamed, writeToken } from '../hub/index.js';
import { importBase, locateBase } from '../weights/import-base.js';
import { isLayersModel, readLayersModel } from '../weights/tfjs-layers.js';
import { bytes, counted, facts, percent, print, printJson } from './output.js';
import { loadOwnTask } from './own-task.js';
import { readRunConfig } from './run-config.js';

interface ExportFlags {
  format?: FormatName;
  out: string;
  quantize?: Quantization;
  frozen: boolean;
  logits: boolean;
  normalizedInput: boolean;
  minAccuracy?: string;
  task?: string;
  data?: string;
  push?: string;
  public: boolean;
  json: boolean;
}

/** Adds `export`. */
export function addExport(program: Command): void {
  const formats = Object.entries(FORMATS).map(([name, { description }]) => `  ${name}: ${description}`);
  program
    .command('export')
    .summary('write a model in a format that other programs open')
    .description(
      `Writes a model in a format that other programs open:\n${formats.join('\n')}\n\n` +
        'It takes RGB pixels in 0..255 and gives probabilities. What was written is opened again and compared; labels.txt and a\n' +
        'model card (README.md) lie beside it.',
    )
    .argument('<run|model>', 'run, model in any format that is read, or name of a base')
    .addOption(
      new Option(
        '--format <name>',
        'format of the exported model; left out: tfjs-layers, or tfjs-graph of a graph model',
      ).choices(Object.keys(FORMATS)),
    )
    .requiredOption('--out <folder>', 'where to write it; a model of that format there is replaced')
    .addOption(
      new Option('--quantize <type>', 'store weights in fewer bits, in formats that can').choices(
        QUANTIZATIONS,
      ),
    )
    .option('--frozen', 'saved-model: weights as constants of the graph, in one file', false)
    .option('--logits', 'leave out the softmax: it gives logits', false)
    .option('--normalized-input', 'leave out the scaling: it takes pixels after the preprocessing', false)
    .option('--min-accuracy <share>', 'export nothing where top-1 on the held-out images is below it (0.95)')
    .option('--task <name|path>', "task for --min-accuracy (default: the run's own)")
    .option('--data <folder>', "where the named task's files are")
    .option(
      '--push <hf:OWNER/REPO>',
      'push the folder to the Hugging Face hub (HF_TOKEN), to a private repository',
    )
    .option('--public', 'with --push: a repository that is made for it is public', false)
    .option('--json', 'print one JSON document', false)
    .action(exportCommand);
}

async function exportCommand(path: string, flags: ExportFlags): Promise<void> {
  const { out, quantize, frozen, logits, normalizedInput, json } = flags;
  const minAccuracy = shareOf(flags.minAccuracy);
  const { push } = flags;
  if (push === undefined && flags.public) throw new InputError('--public is about --push: give it as well.');
  if (push !== undefined) {
    repositoryNamed(push);
    writeToken();
  }
  const task =
    minAccuracy === undefined && flags.task === undefined ? undefined : await loadOwnTask(path, flags);
  const model = await importBase(path);
  try {
    const format = flags.format ?? defaultFormat(model);
    const report = await exportModel(model, {
      ...{ format, out, logits, normalizedInput, frozen, metadata: await metadataOf(path) },
      ...(quantize && { quantize }),
      ...(task && { task }),
      ...(minAccuracy !== undefined && { minAccuracy }),
    });
    const pushed =
      push === undefined
        ? undefined
        : await pushFolder(out, push, {
            isPrivate: !flags.public,
            title: `Upload ${basename(resolve(out))}`,
          });
    if (json) return printJson({ ...report, model: path, ...(pushed && { pushed }) });
    const { labels, imageSize } = model;
    print(
      facts({
        model: out,
        format: `${format}${quantize ? ` in ${quantize}` : ''}, ${FORMATS[format].description}`,
        size: bytes(report.bytes),
        takes: `[batch, ${imageSize}, ${imageSize}, 3]: ${report.takes}`,
        gives: `${report.gives} of ${labels.length} classes`,
        checked: checked(report),
        open: FORMATS[format].usage(resolve(out)),
        ...(pushed && { pushed: `${pushed.url}, commit ${pushed.commit}` }),
      }),
    );
  } finally {
    await model.dispose();
  }
}

function checked({ verification, top1 }: ExportReport): string {
  const measured = top1 === undefined ? '' : `; top-1 ${percent(top1)}`;
  return `${compared(verification)}${measured}`;
}

function compared(verification: Verification): string {
  if (!verification.verified) return `not opened again: ${verification.why}`;
  const { program, images, largestDifference, agreement, sameWeights } = verification;
  const weights = sameWeights === undefined ? '' : `${counted(sameWeights, 'weight')} bit for bit, `;
  const same = agreement === 1 ? 'the same class' : `${percent(agreement)} the same class`;
  return `by ${program} on ${counted(images, 'image')}: ${weights}${same}, probabilities within ${largestDifference.toExponential(1)}`;
}

function shareOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const share = Number(given);
  if (given.trim() === '' || !(share >= 0 && share <= 1))
    throw invalid('--min-accuracy', 'a share of 0 to 1', given, 'For example 0.95.');
  return share;
}

/** What the model already says of itself, and the run's recipe; places on this machine by their last name alone. */
async function metadataOf(path: string): Promise<Record<string, unknown>> {
  const located = locateBase(path);
  if (located.kind !== 'path' || !isLayersModel(located.path)) return { base: path };
  const { metadata } = await readLayersModel(located.path);
  const recipe = Object.entries(readRunConfig(path)?.recipe ?? {}).map(([key, value]) => [
    key,
    typeof value === 'string' && isAbsolute(value) ? basename(value) : value,
  ]);
  return { ...metadata, ...(recipe.length > 0 && { recipe: Object.fromEntries(recipe) }) };
}
