import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, unknownName } from '../errors.js';
import type { Model } from '../model/index.js';
import { writeFolderAside } from '../weights/write-aside.js';
import { assertComplete } from './complete.js';
import type { ExportFormat, ModelMetadata, Quantization } from './format.js';
import { FORMATS, type FormatName } from './formats.js';
import { type Contents, selfContained } from './self-contained.js';

export { FORMATS, type FormatName };

const LABELS = 'labels.txt';

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
}

/**
 * Writes a model in a format that other programs open, with `labels.txt` beside it. It takes RGB pixels in 0..255 and gives
 * probabilities, unless {@link Contents} says otherwise. A model of the same format in the folder is replaced.
 *
 * @throws InputError for an unknown format (with the nearest), a folder that holds other files, a model without weights, and one
 *   that the format cannot hold
 * @example await exportModel(model, { format: 'tfjs-graph', out: 'digits-model', quantize: 'float16' });
 */
export async function exportModel(model: Model, options: ExportOptions): Promise<void> {
  const { format: name = defaultFormat(model), out, quantize, frozen, metadata = {}, ...contents } = options;
  if (!Object.hasOwn(FORMATS, name)) throw unknownName('export format', name, Object.keys(FORMATS));
  const format: ExportFormat = FORMATS[name];
  if (quantize !== undefined && !format.quantizations.includes(quantize)) {
    const known = format.quantizations.join(', ') || 'none';
    throw new InputError(`${name} stores no weights as ${quantize}. It has: ${known}.`);
  }
  if (frozen && !format.freezes) throw new InputError(`${name} has no frozen form. Leave it out.`);
  assertComplete(model);
  const exported = selfContained(model, contents);
  const isOwn = (file: string) => file === LABELS || format.isOwn(file);
  await writeFolderAside(out, isOwn, async (aside) => {
    await format.write(exported, { out: aside, metadata, quantize, frozen });
    await writeFile(join(aside, LABELS), model.labels.map((label) => `${label}\n`).join(''));
  });
}

/** The tfjs format that holds a model. */
export function defaultFormat({ topology }: Pick<Model, 'topology'>): FormatName {
  return topology.class_name === 'Graph' ? 'tfjs-graph' : 'tfjs-layers';
}
