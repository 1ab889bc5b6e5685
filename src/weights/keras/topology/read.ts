import type { LayersTopology } from '../../../../models/topology.js';
import { damaged } from '../../../bytes/damaged.js';
import { type FlatModel, flatten } from './flatten.js';
import type { ModelNode } from './model-tree.js';
import { parseModel } from './parse.js';

/** A model as its file nests it, and flattened. */
export interface KerasModel {
  tree: ModelNode;
  flat: FlatModel;
}

/**
 * A model of Keras 2 or 3, or of tfjs, from its JSON: parsed, its nested models flattened, its augmentation dropped.
 *
 * @param path the file, for messages
 * @param value `{ class_name, config }`
 */
export function kerasModel(path: string, value: unknown): KerasModel {
  const tree = parseModel(path, value);
  return { tree, flat: flatten(path, tree) };
}

/** The same from the text of the JSON, as files hold it. */
export function parseKerasModel(path: string, text: string): KerasModel {
  return kerasModel(path, parseJson(path, text));
}

/** The topology of a model as the project takes it. */
export function normaliseTopology(path: string, value: unknown): LayersTopology {
  return kerasModel(path, value).flat.topology;
}

/** JSON of Python, which may hold numbers that JSON does not have; none of them matters to a forward pass. */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/([:,[]\s*)-?(?:NaN|Infinity)\b/g, '$1null'));
  } catch (error) {
    throw damaged(path, 'JSON that describes a model', `other text (${(error as Error).message})`);
  }
}
