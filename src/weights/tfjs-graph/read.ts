import { statSync } from 'node:fs';
import type { GraphTopology } from '../../../models/topology.js';
import { withFile } from '../../bytes/byte-source.js';
import { InputError } from '../../errors.js';
import { type ModelData, NO_PREPROCESSING } from '../../model/data.js';
import { checkNames, outputSize, trainableGraph } from '../../model/graph/index.js';
import { parseDescription } from '../tfjs/metadata.js';
import { modelJsonPath } from '../tfjs/read.js';
import { readConstants } from './converter.js';
import { outputsOf, parseGraphModelJson } from './manifest.js';
import { isUrl, modelSource } from './source.js';

/** A graph model that can be trained, with what its writer added to it. */
export type GraphModelData = ModelData & { topology: GraphTopology; metadata: Record<string, unknown> };

export interface ReadGraphOptions {
  /** Name of the output that classifies, as the signature or the graph calls it. @default the only one, or one called so */
  output?: string;
  /** How long a server may say nothing, in milliseconds. @default 30000 */
  timeoutMs?: number;
}

/** Where a `model.json` tells what it is: its first keys, in bytes. */
const LONGEST_HEAD = 2 ** 12;
/** Side that is assumed where a graph takes images of any size, in pixels. */
const USUAL_SIZE = 224;

/**
 * True for a `model.json`, or a folder with one, that holds a graph; for a broken one as well, and for any http(s) address:
 * what is there is only known when it is read.
 */
export function isGraphModel(path: string): boolean {
  if (isUrl(path)) return true;
  const modelJson = modelJsonPath(path);
  if (!statSync(modelJson, { throwIfNoEntry: false })?.isFile()) return false;
  const head = withFile(modelJson, (source) => source.read(0, Math.min(source.size, LONGEST_HEAD)));
  const text = new TextDecoder().decode(head);
  const isGraph = /"format"\s*:\s*"graph-model"|"modelTopology"\s*:\s*\{\s*"(node|library|versions)"/;
  return /^\s*\{/.test(text) && isGraph.test(text);
}

/**
 * Reads a tfjs graph model, sharded or not, quantized or not, and makes it trainable. Written by other programs, it has
 * labels by index, no preprocessing beside that in its graph, and the image size of its input.
 *
 * @param path its folder, its `model.json`, or the address of that; also the address of a model on TensorFlow Hub or Kaggle
 * @throws InputError for a damaged file, an address that does not answer, and what is not supported in a graph, by name
 */
export async function readGraphModel(
  path: string,
  { output, timeoutMs }: ReadGraphOptions = {},
): Promise<GraphModelData> {
  const source = modelSource(path, { timeoutMs });
  const { place } = source;
  const model = parseGraphModelJson(place, await source.json());
  const nodes = model.modelTopology.node;
  return inPlace(place, async () => {
    checkNames(nodes);
    const tensors = await readConstants(source, model);
    const { topology, weights, imageSize } = trainableGraph(
      { name: 'graph', nodes, tensors, outputs: outputsOf(model) },
      { output },
    );
    const classes = outputSize(topology);
    const ours = parseDescription(place, model.userDefinedMetadata, { classes });
    return {
      topology,
      weights,
      labels: Array.from({ length: classes ?? 0 }, (_, index) => String(index)),
      preprocessing: NO_PREPROCESSING,
      imageSize: imageSize ?? USUAL_SIZE,
      metadata: {},
      ...ours,
    };
  });
}

/** Errors that are about the graph get the place of its file. */
async function inPlace<R>(place: string, read: () => Promise<R>): Promise<R> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof InputError) || error.message.includes(place)) throw error;
    throw new InputError(`${place}: ${error.message}`);
  }
}
