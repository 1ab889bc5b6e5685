import { type Command, Option } from 'commander';
import {
  defaultFormat,
  endsInSoftmax,
  exportModel,
  FORMATS,
  type FormatName,
  withSoftmax,
} from '../export/index.js';
import type { Preprocessing } from '../model/index.js';
import { importBase, locateBase } from '../weights/import-base.js';
import { isLayersModel, readLayersModel } from '../weights/tfjs-layers.js';
import { facts, print } from './output.js';
import { readRunConfig } from './run-config.js';

interface ExportFlags {
  format?: FormatName;
  out: string;
}

/** Adds `export`. */
export function addExport(program: Command): void {
  const formats = Object.entries(FORMATS).map(([name, { description }]) => `  ${name}: ${description}`);
  program
    .command('export')
    .summary('write a model in a format that other programs open')
    .description(`Writes a model in a format that other programs open:\n${formats.join('\n')}`)
    .argument('<run|model>', 'run, model in any format that is read, or name of a base')
    .addOption(
      new Option(
        '--format <name>',
        'format of the exported model; left out: tfjs-layers, or tfjs-graph of a graph model',
      ).choices(Object.keys(FORMATS)),
    )
    .requiredOption('--out <folder>', 'where to write it; a model of that format there is replaced')
    .action(exportCommand);
}

async function exportCommand(path: string, flags: ExportFlags): Promise<void> {
  const model = await importBase(path);
  const { out, format = defaultFormat(model) } = flags;
  await exportModel(model, { format, out, metadata: await metadataOf(path) });
  const { labels, imageSize, preprocessing } = model;
  print(
    facts({
      model: out,
      format: `${format}, ${FORMATS[format].description}`,
      takes: `[batch, ${imageSize}, ${imageSize}, 3]: RGB, ${scaling(preprocessing)}`,
      gives: `${endsInSoftmax(withSoftmax(model).topology) ? 'probabilities' : 'logits'} of ${labels.length} classes`,
      open: FORMATS[format].usage(out),
    }),
  );
}

/** What the model already says of itself, and the run's recipe. */
async function metadataOf(path: string): Promise<Record<string, unknown>> {
  const located = locateBase(path);
  if (located.kind !== 'path' || !isLayersModel(located.path)) return { base: path };
  const { metadata } = await readLayersModel(located.path);
  const recipe = readRunConfig(path)?.recipe;
  return { ...metadata, ...(recipe && { recipe }) };
}

/** What happens to pixels before they go in, as a formula; one value where the channels agree. */
function scaling({ mean, std }: Preprocessing): string {
  const short = (values: readonly number[]) =>
    new Set(values).size === 1
      ? String(values[0])
      : `[${values.map((value) => Number(value.toFixed(4))).join(', ')}]`;
  const isPlain = mean.every((value) => value === 0) && std.every((value) => value === 1);
  return isPlain ? 'values of 0..255' : `(values of 0..255 - ${short(mean)}) / ${short(std)}`;
}
