import type { ExportFormat } from './format.js';
import { h5 } from './h5.js';
import { keras } from './keras.js';
import { onnx } from './onnx.js';
import { safetensors } from './safetensors.js';
import { savedModel } from './saved-model.js';
import { tfjsGraph } from './tfjs-graph.js';
import { tfjsLayers } from './tfjs-layers.js';

/** What other programs open. A new format is a file and a row. */
export const FORMATS = {
  'tfjs-layers': tfjsLayers,
  'tfjs-graph': tfjsGraph,
  'saved-model': savedModel,
  onnx,
  keras,
  h5,
  safetensors,
} satisfies Record<string, ExportFormat>;

/** Name of a format. */
export type FormatName = keyof typeof FORMATS;
