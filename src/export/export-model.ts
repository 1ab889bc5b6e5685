import { readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Task } from '../data/dataset.js';
import { InputError, invalid, unknownName } from '../errors.js';
import { checkClasses, evaluate } from '../evaluate/index.js';
import type { Model, Pixels } from '../model/index.js';
import { writeFolderAside } from '../weights/write-aside.js';
import { accuracyOf } from './accuracy.js';
import { modelCard } from './card.js';
import { assertComplete } from './complete.js';
import type { ExportFormat, ModelMetadata, OpenedModel, Quantization } from './format.js';
import { FORMATS, type FormatName } from './formats.js';
import { type Contents, selfContained } from './self-contained.js';
import { takes } from './takes.js';
import { type Verification, verify } from './verify.js';

/** Beside every exported model: its classes, a line each in the order of its output; and its card. */
const [LABELS, CARD] = ['labels.txt', 'README.md'];

export interface ExportOptions extends Contents {
  /** @default 'tfjs-layers', or 'tfjs-graph' of a base that is a graph */
  format?: FormatName;
  /** Folder of the exported model. */
  out: string;
  /** Store weights in fewer bits. @default float32 */
  quantize?: Quantization;
  /** Weights as constants of the graph, not as variables beside it: `saved-model`. @default false */
  frozen?: boolean;
  /** What to keep about how the model came about; JSON. */
  metadata?: ModelMetadata;
  /** Images that the written model is checked with: values in 0..255 of the model's own size. @default handwritten digits */
  images?: Pixels;
  /** Measures top-1 on this task's held-out images, of the written model where a program opens it here. */
  task?: Task;
  /** Writes nothing where top-1 is below this share, 0 to 1; needs `task`. */
  minAccuracy?: number;
}

/** What was exported. */
export interface ExportReport {
  format: FormatName;
  out: string;
  /** Of all files. */
  bytes: number;
  verification: Verification;
  /** What it takes, in words: `RGB, values of 0..255`. */
  takes: string;
  gives: 'probabilities' | 'logits';
  /** Where a task was given: share of its held-out images whose class comes first. */
  top1?: number;
}

/**
 * Writes a model in a format that other programs open, with `labels.txt` and a model card beside it. It takes RGB pixels in
 * 0..255 and gives probabilities, unless {@link Contents} says otherwise or the format holds weights alone. What was written is
 * opened again, by another program where one runs in this process, and compared; only then does it get its name. A model of the
 * same format in the folder is replaced.
 *
 * @throws InputError for an unknown format (with the nearest), a folder that holds other files, a model without weights, one that
 *   the format cannot hold, a task of other classes, and an accuracy below `minAccuracy`
 * @throws ExportMismatch where the written model says something else
 * @example await exportModel(model, { format: 'tfjs-graph', out: 'digits-model', quantize: 'float16' });
 */
export async function exportModel(model: Model, options: ExportOptions): Promise<ExportReport> {
  const { format: name = defaultFormat(model), out, quantize, frozen, metadata = {}, images, task } = options;
  if (!Object.hasOwn(FORMATS, name)) throw unknownName('export format', name, Object.keys(FORMATS));
  const format: ExportFormat = FORMATS[name];
  check(format, name, options);
  assertComplete(model);
  if (task) checkClasses(model.labels, task);
  const isWeights = format.contents === 'weights';
  const logits = isWeights || options.logits === true;
  const exported = isWeights ? model : selfContained(model, { ...options, logits });
  const { preprocessing } = exported;
  const described = { takes: takes(preprocessing), gives: logits ? 'logits' : 'probabilities' } as const;
  let report: Pick<ExportReport, 'verification' | 'top1'> | undefined;
  const isOwn = (file: string) => file === LABELS || file === CARD || format.isOwn(file);
  await writeFolderAside(out, isOwn, async (aside) => {
    await format.write(exported, { out: aside, metadata, quantize, frozen });
    const asked = { logits, preprocessing, imageSize: model.imageSize };
    let top1: number | undefined;
    const measure = async (opened: OpenedModel) => {
      top1 = await accuracyOf(opened, task!, asked);
    };
    const open = () => format.open(aside, { model: exported, quantize });
    const verification = await verify(open, model, {
      images,
      quantize,
      ...asked,
      ask: task && measure,
    });
    if (task) top1 ??= (await evaluate(model, task)).top1;
    refuseBelow(options.minAccuracy, top1);
    report = { verification, ...(top1 !== undefined && { top1 }) };
    await writeFile(join(aside, LABELS), model.labels.map((label) => `${label}\n`).join(''));
    const card = modelCard({
      title: basename(resolve(out)),
      format: name,
      usage: format.usage('.'),
      labels: model.labels,
      imageSize: model.imageSize,
      ...described,
      metadata,
      verification,
      top1,
    });
    await writeFile(join(aside, CARD), card);
  });
  return { format: name, out, bytes: bytesIn(out), ...described, ...report! };
}

/** The tfjs format that holds a model. */
export function defaultFormat({ topology }: Pick<Model, 'topology'>): FormatName {
  return topology.class_name === 'Graph' ? 'tfjs-graph' : 'tfjs-layers';
}

function check(format: ExportFormat, name: FormatName, options: ExportOptions): void {
  const { quantize, frozen, minAccuracy, task } = options;
  if (quantize !== undefined && !format.quantizations.includes(quantize)) {
    const known = format.quantizations.join(', ') || 'none';
    throw new InputError(`${name} stores no weights as ${quantize}. It has: ${known}.`);
  }
  if (frozen && !format.freezes) throw new InputError(`${name} has no frozen form. Leave it out.`);
  if (minAccuracy === undefined) return;
  if (!(minAccuracy >= 0 && minAccuracy <= 1)) throw invalid('minAccuracy', 'a share of 0 to 1', minAccuracy);
  if (!task) throw new InputError('A least accuracy needs images to measure it on: name a task.');
}

function refuseBelow(least: number | undefined, top1: number | undefined): void {
  if (least === undefined || top1 === undefined || top1 >= least) return;
  throw new InputError(
    `The model names ${(100 * top1).toFixed(1)} % of the held-out images rightly, below the ${(100 * least).toFixed(1)} % that ` +
      'were asked for: nothing was exported. Train it further, or ask for less.',
  );
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => statSync(join(folder, file)))
    .filter((stat) => stat.isFile())
    .reduce((sum, { size }) => sum + size, 0);
}
