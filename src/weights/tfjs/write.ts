import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import type { ModelData } from '../../model/data.js';
import type { WeightMap, WeightTensor } from '../../model/weights.js';
import { bytesOf, elementCount } from '../tensor-types.js';
import { toFloat32 } from '../to-float32.js';
import { writeFolderAside } from '../write-aside.js';
import { describe } from './metadata.js';
import { shardNames, writeShards } from './shards.js';

/** The form of Keras JSON that topologies here have, which tfjs and the converter's way back ask for. */
const KERAS_VERSION = '2.15.0';

/**
 * Writes a folder that `tf.loadLayersModel` takes: `model.json` and shards of 4 MiB. It is written aside and
 * renamed; a layers model that has the name is replaced, a folder with anything else in it is refused.
 *
 * @param metadata what to keep beside labels, preprocessing and image size: JSON, under `userDefinedMetadata.samFinetune`
 */
export async function writeLayersModel(
  folder: string,
  { topology, weights, labels, preprocessing, imageSize }: ModelData,
  { metadata = {} }: { metadata?: Record<string, unknown> } = {},
): Promise<void> {
  await writeModelFolder(folder, weights, (weightsManifest) => ({
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
  describeModel: (weightsManifest: object[]) => object,
): Promise<void> {
  const stored = [...weights].map(([name, tensor]) => ({
    name,
    shape: tensor.shape,
    ...store(name, tensor),
  }));
  const names = shardNames(stored.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const modelJson = describeModel([
    { paths: names, weights: stored.map(({ name, shape, dtype }) => ({ name, shape, dtype })) },
  ]);
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

/** tfjs has float32, int32 and bool: all floating-point types become float32. */
function store(name: string, tensor: WeightTensor): { dtype: string; bytes: Uint8Array } {
  const { dtype, shape, data } = tensor;
  if (data.length !== elementCount(shape)) {
    throw new InputError(
      `Weight '${name}' of shape [${shape}] has ${data.length} values, expected ${elementCount(shape)}.`,
    );
  }
  if (dtype === 'int32' || dtype === 'bool') return { dtype, bytes: bytesOf(data) };
  if (dtype === 'int64' || dtype === 'uint8') {
    throw new InputError(
      `Weight '${name}' is ${dtype}, which a tfjs model cannot hold. Convert it to int32.`,
    );
  }
  return { dtype: 'float32', bytes: bytesOf(toFloat32(tensor)) };
}
