import { statSync } from 'node:fs';
import { withFile } from '../bytes/byte-source.js';
import { InputError } from '../errors.js';
import type { ModelData } from '../model/data.js';
import type { WeightMap } from '../model/weights.js';
import { isFlax, readFlax } from './flax/index.js';
import { isKerasArchive, isKerasH5, readKerasArchive, readKerasH5 } from './keras/index.js';
import { isPyTorch, readPyTorch } from './pytorch/index.js';
import { isSafetensors, readSafetensors } from './safetensors.js';
import { isCheckpoint, isSavedModel, readCheckpoint, readSavedModel } from './tensorflow/index.js';
import { DESCRIPTION_KEY, parseDescriptionText } from './tfjs/metadata.js';
import { isGraphModel, readGraphModel } from './tfjs-graph/index.js';
import { isLayersModel, readLayersModel } from './tfjs-layers.js';

/** Weights out of a file under the names that they have there, and whatever else of a model the file holds. */
export interface WeightFile extends Partial<Omit<ModelData, 'weights'>> {
  /** The row of `WEIGHT_FORMATS` that read it. */
  format: string;
  tensors: WeightMap;
  metadata?: Record<string, unknown>;
}

/** A format of weight files. */
export interface WeightFormat {
  name: string;
  /** What users look for, in messages. */
  description: string;
  /** Whether the content looks like this format; the path may be a folder. */
  recognises(path: string): boolean;
  read(path: string): Promise<Omit<WeightFile, 'format'>>;
}

/** Every format that is read: a new one is a file and a row. Content decides, so that extensions do not matter. */
export const WEIGHT_FORMATS: readonly WeightFormat[] = [
  {
    name: 'tfjs-layers',
    description: 'a tfjs layers model (model.json, or its folder)',
    recognises: isLayersModel,
    read: async (path) => {
      const { weights, ...rest } = await readLayersModel(path);
      return { tensors: weights, ...rest };
    },
  },
  {
    name: 'tfjs-graph',
    description: 'a tfjs graph model (model.json, or its folder)',
    recognises: isGraphModel,
    read: async (path) => {
      const { weights, ...rest } = await readGraphModel(path);
      return { tensors: weights, ...rest };
    },
  },
  {
    name: 'keras-h5',
    description: 'Keras HDF5 (.h5, .weights.h5)',
    recognises: isKerasH5,
    read: readKerasH5,
  },
  // Before PyTorch, whose files may be zip archives too.
  {
    name: 'keras',
    description: 'Keras (.keras)',
    recognises: isKerasArchive,
    read: readKerasArchive,
  },
  {
    name: 'saved-model',
    description: 'a TensorFlow SavedModel (its folder), or a frozen graph (.pb)',
    recognises: isSavedModel,
    read: readSavedModel,
  },
  {
    name: 'tensorflow-checkpoint',
    description: 'a TensorFlow checkpoint (its prefix, .index file or folder)',
    recognises: isCheckpoint,
    read: readCheckpoint,
  },
  // Before PyTorch: the length of its header may begin as a pickle does, but no pickle is a length and a brace.
  {
    name: 'safetensors',
    description: 'safetensors',
    recognises: (path) => isFile(path) && withFile(path, isSafetensors),
    read: async (path) => {
      const { tensors, metadata } = readSafetensors(path);
      const { [DESCRIPTION_KEY]: ours, ...rest } = metadata;
      const described = parseDescriptionText(path, ours);
      return { tensors, ...described, metadata: { ...rest, ...described?.metadata } };
    },
  },
  {
    name: 'pytorch',
    description: 'PyTorch (.pth, .pt)',
    recognises: (path) => isFile(path) && withFile(path, isPyTorch),
    read: async (path) => ({ tensors: readPyTorch(path) }),
  },
  // Last: a map of MessagePack is told by a few bits only.
  {
    name: 'flax',
    description: 'Flax checkpoints (MessagePack)',
    recognises: isFlax,
    read: readFlax,
  },
];

/**
 * Reads a file of weights, or a folder, in whichever format it is.
 *
 * @throws InputError with the path: no such file, an unknown format, or a damaged file
 */
export async function readWeights(path: string): Promise<WeightFile> {
  const format = weightFormat(path);
  return { format: format.name, ...(await format.read(path)) };
}

/**
 * The format of a file of weights, or of a folder, by the start of its content.
 *
 * @throws InputError with the path: no such file, or an unknown format
 */
export function weightFormat(path: string): WeightFormat {
  const format = WEIGHT_FORMATS.find((candidate) => candidate.recognises(path));
  // A checkpoint is named by what its files begin with: no file has that name.
  if (format === undefined && statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new InputError(`No file of weights at ${path}. Check the path, or name a file that exists.`);
  }
  if (format === undefined) {
    const known = WEIGHT_FORMATS.map(({ description }) => description).join(', ');
    throw new InputError(
      `${path} is in no format that is read here, or cut off near its start. Read are: ${known}.`,
    );
  }
  return format;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
