import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LayersTopology } from '../../../models/topology.js';
import { withFile } from '../../bytes/byte-source.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import type { ModelData } from '../../model/data.js';
import type { WeightMap } from '../../model/weights.js';
import { decodeWeight, storedBytes } from './dequantize.js';
import { type ModelJson, parseModelJson } from './manifest.js';
import { readDescription } from './metadata.js';
import { ShardReader } from './shards.js';

/** A model out of a folder, with what its writer added to it. */
export type LayersModel = ModelData & { topology: LayersTopology; metadata: Record<string, unknown> };

/** The longest `model.json` that is read, in bytes. The largest topologies take a few MB. */
export const LONGEST_JSON = 128 * 2 ** 20;
/** Where a `model.json` tells what it is: its first keys, in bytes. */
const LONGEST_HEAD = 2 ** 12;
const GRAPH_MODEL = /"format"\s*:\s*"graph-model"/;

/** The `model.json` that a path names: itself, or the one in its folder. */
export function modelJsonPath(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'model.json') : path;
}

/** True for a `model.json`, or a folder with one, that holds a layers topology; for a broken one as well. */
export function isLayersModel(path: string): boolean {
  const modelJson = modelJsonPath(path);
  if (!statSync(modelJson, { throwIfNoEntry: false })?.isFile()) return false;
  const head = withFile(modelJson, (source) => source.read(0, Math.min(source.size, LONGEST_HEAD)));
  const text = new TextDecoder().decode(head);
  return (
    /^\s*\{/.test(text) &&
    /"(modelTopology|weightsManifest|layers-model)"/.test(text) &&
    !GRAPH_MODEL.test(text)
  );
}

/**
 * Reads a tfjs layers model. Quantized weights become float32. Written by other programs, it has labels by index,
 * no preprocessing, and the image size of its input.
 *
 * @param path its folder, or its `model.json`
 */
export async function readLayersModel(path: string): Promise<LayersModel> {
  const modelJson = modelJsonPath(path);
  const model = parseModelJson(modelJson, readJson(modelJson));
  const topology = parseTopology(modelJson, model.modelTopology);
  const description = readDescription(modelJson, topology, model.userDefinedMetadata);
  return { topology, weights: readManifest(modelJson, model), ...description };
}

/** The content of a `model.json`. */
export function readJson(path: string): unknown {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile())
    throw new InputError(`No tfjs model at ${path}. Name a model.json, or a folder with one.`);
  if (stat.size > LONGEST_JSON)
    throw new InputError(`${path} has ${stat.size} bytes: too long for a model.json.`);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw damaged(path, 'JSON', (error as Error).message);
  }
}

function parseTopology(path: string, modelTopology: Record<string, unknown>): LayersTopology {
  const value = (modelTopology.model_config ?? modelTopology) as { class_name?: unknown; config?: unknown };
  // Keras before 2.2.3 wrote the layers of a chain as the whole of its config.
  const config = Array.isArray(value.config) ? { name: 'sequential', layers: value.config } : value.config;
  const { layers, output_layers: outputs } = (config ?? {}) as { layers?: unknown; output_layers?: unknown };
  const isChain = value.class_name === 'Sequential';
  const isGraph = value.class_name === 'Functional' || value.class_name === 'Model';
  const hasLayers = Array.isArray(layers) && layers.every((layer) => layer?.config);
  if (!hasLayers || !(isChain || (isGraph && Array.isArray(outputs)))) {
    throw damaged(
      path,
      "a topology of class 'Functional', 'Model' or 'Sequential' with its layers",
      'another one',
    );
  }
  return { class_name: value.class_name, config } as LayersTopology;
}

function readManifest(path: string, { weightsManifest }: ModelJson): WeightMap {
  const weights: WeightMap = new Map();
  for (const { paths, weights: specs } of weightsManifest) {
    const shards = new ShardReader(path, dirname(path), paths);
    for (const spec of specs) {
      const bytes = shards.read(spec.name, storedBytes(spec));
      if (spec.group === 'optimizer') continue;
      weights.set(spec.name, decodeWeight(path, spec, bytes));
    }
    shards.finish();
  }
  return weights;
}
