import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import type { ModelData } from '../../model/data.js';
import type { WeightMap, WeightTensor } from '../../model/weights.js';
import { bytesOf, elementCount } from '../tensor-types.js';
import { toFloat32 } from '../to-float32.js';
import { writeFolderAside } from '../write-aside.js';
import type { ManifestWeight } from './manifest.js';
import { describe } from './metadata.js';
import { quantize, type StoredType } from './quantize.js';
import { shardNames, writeShards } from './shards.js';

/** The form of Keras JSON that topologies here have, which tfjs and the converter's way back ask for. */
const KERAS_VERSION = '2.15.0';

/** How a tfjs model is written. */
export interface TfjsOptions {
  /** What to keep beside labels, preprocessing and image size: JSON, under `userDefinedMetadata.samFinetune`. */
  metadata?: Record<string, unknown>;
  /** What large weights are stored in. @default float32 */
  quantize?: StoredType | undefined;
}

/**
 * Writes a folder that `tf.loadLayersModel` takes: `model.json` and shards of 4 MiB. It is written aside and
 * renamed; a layers model that has the name is replaced, a folder with anything else in it is refused.
 */
export async function writeLayersModel(
  folder: string,
  { topology, weights, labels, preprocessing, imageSize }: ModelData,
  { metadata = {}, quantize }: TfjsOptions = {},
): Promise<void> {
  await writeModelFolder(folder, weights, { quantize }, (weightsManifest) => ({
    format: 'layers-model',
    generatedBy: 'sam-finetune',
    convertedBy: null,
    modelTopology: { keras_version: KERAS_VERSION, backend: 'tensorflow', model_config: topology },
    weightsManifest,
    userDefinedMetadata: describe({ labels, preprocessing, imageSize, metadata }),
  }));
}

/** Writes shards, and the `model.json` that `describeModel` makes for their manifest, as a whole or not at all. */
export async function writeModelFolder(
  folder: string,
  weights: WeightMap,
  { quantize: to }: Pick<TfjsOptions, 'quantize'>,
  describeModel: (weightsManifest: object[]) => object,
): Promise<void> {
  const stored = [...weights].map(([name, tensor]) => store(name, tensor, to));
  const names = shardNames(stored.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const modelJson = describeModel([{ paths: names, weights: stored.map(({ entry }) => entry) }]);
  await writeFolderAside(folder, isModelFile, async (aside) => {
    const parts = stored.map(({ bytes }) => bytes);
    await writeShards(aside, names, parts);
    const file = await open(join(aside, 'model.json'), 'w');
    try {
      await file.writeFile(JSON.stringify(modelJson));
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Whether a file is one of a tfjs model. */
export function isModelFile(name: string): boolean {
  return name === 'model.json' || /^group\d+-shard\d+of\d+(\.bin)?$/.test(name);
}

interface Stored {
  /** What the manifest says of it. */
  entry: ManifestWeight;
  bytes: Uint8Array;
}

/** tfjs has float32, int32 and bool: all floating-point types become float32, or what it is to be stored in. */
function store(name: string, tensor: WeightTensor, to: StoredType | undefined): Stored {
  const { dtype, shape, data } = tensor;
  if (data.length !== elementCount(shape)) {
    throw new InputError(
      `Weight '${name}' of shape [${shape}] has ${data.length} values, expected ${elementCount(shape)}.`,
    );
  }
  const entry = { name, shape: [...shape] };
  if (dtype === 'int32' || dtype === 'bool') return { entry: { ...entry, dtype }, bytes: bytesOf(data) };
  if (dtype === 'int64' || dtype === 'uint8') {
    throw new InputError(
      `Weight '${name}' is ${dtype}, which a tfjs model cannot hold. Convert it to int32.`,
    );
  }
  const values = toFloat32(tensor);
  const quantized = to && quantize(values, shape, to);
  return {
    entry: { ...entry, dtype: 'float32', ...(quantized && { quantization: quantized.quantization }) },
    bytes: quantized ? quantized.bytes : bytesOf(values),
  };
}
