import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { LayersTopology, Topology } from '../../../models/topology.js';
import { withFile } from '../../bytes/byte-source.js';
import { InputError } from '../../errors.js';
import { NO_PREPROCESSING, type Preprocessing } from '../../model/data.js';
import type { WeightMap } from '../../model/weights.js';
import { classCount, inputSize } from '../tfjs/defaults.js';
import { openBundle } from './bundle.js';
import { readBundle } from './checkpoint.js';
import { readExtra } from './extra.js';
import { readGraphDef } from './graph-def.js';
import { frozenModel, type GraphModel, signatureModel, variablesOf } from './graph-model.js';
import { kerasRootMetadata, kerasTopology } from './keras-metadata.js';
import { type MetaGraph, readMetaGraph } from './meta-graph.js';
import { imageSignature } from './signature.js';

/** What a SavedModel, or a frozen graph, holds. */
export interface SavedModelFile {
  /** Of a model of layers under their variables' names, of a graph under those that its topology takes. */
  tensors: WeightMap;
  topology: Topology;
  /** Class names, by index, where the number of classes is known. */
  labels?: readonly string[];
  /** Of a model of layers: none, what there is being among its layers. A graph does not tell. */
  preprocessing?: Preprocessing;
  imageSize?: number;
  metadata: Record<string, unknown>;
}

const SAVED_MODEL = 'saved_model.pb';
const KERAS_METADATA = 'keras_metadata.pb';
/** The first bytes of a SavedModel: version 1 of its schema, then a graph. */
const SAVED_MODEL_START = [0x08, 0x01, 0x12];
/** Protocol buffers are no longer than this. */
const LONGEST_MESSAGE = 2 ** 31 - 1;

/** True for the folder of a SavedModel, its `saved_model.pb`, and a file with a frozen graph. */
export function isSavedModel(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return existsSync(join(path, SAVED_MODEL));
  if (!stat?.isFile()) return false;
  if (basename(path) === SAVED_MODEL) return true;
  return withFile(path, (source) => isGraphStart(source.read(0, Math.min(source.size, 16))));
}

/** A node as the first field, its name as the node's first, before a byte of a name. */
function isGraphStart(start: Uint8Array): boolean {
  if (SAVED_MODEL_START.every((byte, i) => start[i] === byte)) return true;
  let position = 1;
  while (position < 6 && (start[position] as number) >= 128) position += 1;
  const [tag, length, letter] = start.subarray(position + 1, position + 4);
  const isName = letter !== undefined && /[\w.]/.test(String.fromCharCode(letter));
  return start[0] === 0x0a && tag === 0x0a && length !== 0 && isName;
}

/**
 * Reads a SavedModel of TensorFlow 1 or 2, or a frozen graph. A model that Keras 2 saved has its layers; any other
 * is the graph of its signature: functions put in place of their calls, variables and constants as weights.
 *
 * @throws InputError with the path for files that are missing, damaged, or do not fit each other
 */
export async function readSavedModel(path: string): Promise<SavedModelFile> {
  const inFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const file = inFolder ? join(path, SAVED_MODEL) : path;
  const bytes = readWhole(file);
  const isSaved = basename(file) === SAVED_MODEL || SAVED_MODEL_START.every((byte, i) => bytes[i] === byte);
  if (!isSaved) return asFile(await frozenModel(file, readGraphDef(file, bytes)));
  const folder = resolve(file, '..');
  const metaGraph = readMetaGraph(file, bytes);
  const topology = layersOf(folder, file, metaGraph);
  if (topology === undefined) {
    const read = asFile(
      await signatureModel(file, folder, metaGraph, imageSignature(file, metaGraph.signatures)),
    );
    return { ...read, ...readExtra(folder, read.labels?.length) };
  }
  const { tensors, metadata } = await readBundle(openBundle(variablesOf(folder)));
  const description = { preprocessing: NO_PREPROCESSING, imageSize: inputSize(topology) };
  return { tensors, topology, ...indexLabels(classCount(topology)), ...description, metadata };
}

function asFile({ topology, weights, imageSize, classes }: GraphModel): SavedModelFile {
  const size = imageSize === undefined ? {} : { imageSize };
  return { tensors: weights, topology, ...indexLabels(classes), ...size, metadata: {} };
}

function readWhole(path: string): Uint8Array {
  return withFile(path, (source) => {
    if (source.size > LONGEST_MESSAGE) {
      throw new InputError(`${path} has ${source.size} bytes: too long for a graph of TensorFlow's.`);
    }
    return source.read(0, source.size);
  });
}

function layersOf(folder: string, file: string, { rootMetadata }: MetaGraph): LayersTopology | undefined {
  const beside = join(folder, KERAS_METADATA);
  if (!existsSync(beside)) return kerasTopology(file, rootMetadata);
  return kerasTopology(beside, kerasRootMetadata(beside, readWhole(beside)));
}

function indexLabels(classes: number | undefined): { labels?: readonly string[] } {
  if (classes === undefined) return {};
  return { labels: Array.from({ length: classes }, (_, index) => String(index)) };
}
