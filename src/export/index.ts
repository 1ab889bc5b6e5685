import { unknownName } from '../errors.js';
import type { Model } from '../model/index.js';
import { assertComplete } from './complete.js';
import type { ExportFormat, ModelMetadata } from './format.js';
import { withSoftmax } from './probabilities.js';
import { tfjsGraph } from './tfjs-graph.js';
import { tfjsLayers } from './tfjs-layers.js';

export type { ExportFormat, ModelMetadata } from './format.js';
export { endsInSoftmax, withSoftmax } from './probabilities.js';

/** What other programs open. A new format is a file and a row. */
export const FORMATS = {
  'tfjs-layers': tfjsLayers,
  'tfjs-graph': tfjsGraph,
} satisfies Record<string, ExportFormat>;

export type FormatName = keyof typeof FORMATS;

export interface ExportOptions {
  /** @default 'tfjs-layers', or 'tfjs-graph' of a base that is a graph */
  format?: FormatName;
  /** Folder of the exported model. */
  out: string;
  /** What to keep about how the model came about; JSON. */
  metadata?: ModelMetadata;
}

/**
 * Writes a model in a format that other programs open; it gives probabilities there. A model of the same format in the folder is replaced.
 *
 * @throws InputError for an unknown format (with the nearest), a folder that holds other files, a model without weights
 * @example await exportModel(model, { format: 'tfjs-layers', out: 'digits-model' });
 */
export async function exportModel(
  model: Model,
  { format = defaultFormat(model), out, metadata = {} }: ExportOptions,
): Promise<void> {
  if (!Object.hasOwn(FORMATS, format)) throw unknownName('export format', format, Object.keys(FORMATS));
  assertComplete(model);
  await FORMATS[format].write(withSoftmax(model), { out, metadata });
}

/** The tfjs format that holds a model. */
export function defaultFormat({ topology }: Pick<Model, 'topology'>): FormatName {
  return topology.class_name === 'Graph' ? 'tfjs-graph' : 'tfjs-layers';
}
