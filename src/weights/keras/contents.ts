import type { FunctionalTopology, LayersTopology } from '../../../models/topology.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import { type ModelData, NO_PREPROCESSING } from '../../model/data.js';
import { buildForward } from '../../model/index.js';
import type { WeightMap } from '../../model/weights.js';
import type { WeightFile } from '../read.js';
import { classCount, indexLabels, inputSize } from '../tfjs/defaults.js';
import { DESCRIPTION_KEY, parseDescription } from '../tfjs/metadata.js';
import type { Hdf5Group } from './hdf5/tree.js';
import { chunkedList, readLayerGroups } from './layer-groups.js';
import { EARLY_LAYERS, readObjectPaths } from './object-paths.js';
import type { KerasModel } from './topology/index.js';

/** What a file of Keras holds. `format` tells the layout apart where one extension has two. */
export type KerasFile = Omit<WeightFile, 'format'> & { format: 'keras' | 'keras-h5' | 'keras-weights' };

/** A model that Keras can hold: made of layers. */
export type KerasModelData = ModelData & { topology: FunctionalTopology };

export interface KerasWriteOptions {
  /** What to keep beside labels, preprocessing and image size; JSON. */
  metadata?: Record<string, unknown>;
}

/** Groups at the root that hold what training left: the optimizer's state, metrics. */
export const TRAINING_STATE = [
  '/optimizer_weights',
  '/optimizer',
  '/metrics',
  '/compile_metrics',
  '/loss_tracker',
];

/** The group of the old layout, in a whole model or in a file of weights; undefined for another layout. */
export function layerGroups(root: Hdf5Group): Hdf5Group | undefined {
  return [root.groups.get('model_weights'), root].find(
    (group) => group !== undefined && chunkedList(group, 'layer_names') !== undefined,
  );
}

/** The weights of a file in either layout, by the names that the project gives them. */
export function readContents(path: string, root: Hdf5Group, model: KerasModel | undefined): WeightMap {
  const old = layerGroups(root);
  if (old) return readLayerGroups(path, old, model);
  if (!root.groups.has('layers') && !root.groups.has(EARLY_LAYERS)) {
    throw damaged(path, "weights of Keras ('layer_names', or a group 'layers')", 'other HDF5');
  }
  return readObjectPaths(path, root, model);
}

/** What was read of a file. */
interface ReadFile {
  path: string;
  tensors: WeightMap;
  model: KerasModel | undefined;
  metadata: Record<string, unknown>;
  /** The description that an export of ours left in it. */
  ours: unknown;
}

/** A file's content with what its topology, or the description in it, tells about a classifier. */
export function kerasFile(
  format: KerasFile['format'],
  { path, tensors, model, metadata, ours }: ReadFile,
): KerasFile {
  if (model === undefined) return { format, tensors, metadata };
  const { topology } = model.flat;
  const described = parseDescription(
    path,
    { [DESCRIPTION_KEY]: ours },
    { classes: classCount(topology), place: DESCRIPTION_KEY },
  );
  if (described) {
    return { format, tensors, topology, ...described, metadata: { ...metadata, ...described.metadata } };
  }
  const told = { labels: labelsOf(topology), imageSize: inputSize(topology) };
  return { format, tensors, topology, ...told, preprocessing: NO_PREPROCESSING, metadata };
}

/** Class names by index, as many as there are logits; none where the model is no classifier that is supported. */
function labelsOf(topology: LayersTopology): string[] {
  const labels = indexLabels(topology);
  if (labels.length > 0) return labels;
  try {
    const { classes } = buildForward(topology, { training: false });
    return Array.from({ length: classes }, (_, index) => String(index));
  } catch (error) {
    // What is not supported is told where the model is used: its weights can be read all the same.
    if (error instanceof InputError) return [];
    throw error;
  }
}
