import type { ModelData } from '../model/data.js';
import { isGraphModel, readGraphModel, writeGraphModel } from './tfjs-graph/index.js';
import { readLayersModel, writeLayersModel } from './tfjs-layers.js';

/** A model out of a folder, with what its writer added to it. */
export type ModelFolder = ModelData & { metadata: Record<string, unknown> };

/**
 * Writes a model as a whole: as a tfjs layers model, or as a graph model where it is a graph.
 *
 * @param metadata what to keep beside labels, preprocessing and image size; JSON
 */
export async function writeModel(
  folder: string,
  model: ModelData,
  options: { metadata?: Record<string, unknown> } = {},
): Promise<void> {
  const { topology, weights, labels, preprocessing, imageSize } = model;
  const data = { weights, labels, preprocessing, imageSize };
  if (topology.class_name === 'Graph') {
    await writeGraphModel(folder, { ...data, topology }, options);
  } else await writeLayersModel(folder, { ...data, topology }, options);
}

/** Reads a model that {@link writeModel} wrote, or another tfjs model of either kind. */
export function readModel(folder: string): Promise<ModelFolder> {
  return isGraphModel(folder) ? readGraphModel(folder) : readLayersModel(folder);
}
