import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { Model, NO_PREPROCESSING } from '../../../src/model/index.js';
import {
  readCheckpoint,
  readSavedModel,
  type SavedModelFile,
} from '../../../src/weights/tensorflow/index.js';
import { toFloat32 } from '../../../src/weights/to-float32.js';
import { parityPython, runPython } from '../../parity/keras/python.js';
import { temporaryFolder } from '../temporary-folder.js';

const { path: python, missing } = await parityPython();
const SIDE = 64;
const CLASSES = 10;
/** Relative. */
const TOLERANCE = 1e-4;
const folder = temporaryFolder();
const file = (name: string): string => join(folder.path, name);

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer, byteOffset, byteLength);

function floats(name: string): Float32Array {
  const { buffer, byteOffset, length } = readFileSync(file(name));
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length));
}

/** Probabilities that our model gives for the images of the script. */
async function probabilitiesOf({ topology, tensors, imageSize = SIDE }: SavedModelFile): Promise<number[]> {
  const weights = new Map(
    [...tensors].map(([name, tensor]) => [
      name,
      { ...tensor, dtype: 'float32' as const, data: toFloat32(tensor) },
    ]),
  );
  const model = new Model({ topology, weights, labels: [], imageSize, preprocessing: NO_PREPROCESSING });
  try {
    const shape = [2, SIDE, SIDE, 3] as const;
    const { data } = await model.logits({ data: floats('images.bin'), shape }, { preprocess: false });
    return [0, 1].flatMap((image) => softmax([...data.subarray(image * CLASSES, (image + 1) * CLASSES)]));
  } finally {
    await model.dispose();
  }
}

function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

async function expectParity(name: string, model: SavedModelFile): Promise<void> {
  const expected = floats(`${name}.probabilities.bin`);
  const received = await probabilitiesOf(model);
  expect(received).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(received[i]! - value) / Math.abs(value)).toBeLessThan(TOLERANCE);
  }
}

describe.skipIf(missing !== undefined)(`files that TensorFlow wrote${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(async () => {
    const script = fileURLToPath(new URL('make-files.py', import.meta.url));
    await runPython(python as string, script, [folder.path, String(SIDE)]);
  }, 600_000);

  test.each(['keras-3-export', 'keras-3-saved', 'version-1-saved', 'version-1-frozen.pb'])(
    'the graph of %s computes what it computes there',
    async (name) => {
      const model = await readSavedModel(file(name));
      expect(model.topology.class_name).toBe('Graph');
      await expectParity(name, model);
    },
  );

  test('a Keras 3 export has the weights of its layers, batch normalization and all', async () => {
    const { tensors, labels, imageSize } = await readSavedModel(file('keras-3-export'));
    const { tensors: saved } = await readCheckpoint(file('keras-3-checkpoint'));
    // The statistics of the images stay in the graph; a depthwise kernel is called kernel by Keras 3.
    const names = [...saved.keys()].filter((name) => !name.startsWith('normalization/'));
    expect(tensors.size).toBe(names.length);
    for (const [name, { data }] of tensors) {
      const known = saved.get(name) ?? saved.get(name.replace('depthwise_kernel', 'kernel'));
      expect(bytesOf(data).equals(bytesOf(known!.data)), name).toBe(true);
    }
    expect([labels?.length, imageSize]).toEqual([CLASSES, SIDE]);
  });

  test('a Keras 2 SavedModel has its layers', async (context) => {
    if (!existsSync(file('keras-2-saved'))) return context.skip('tf_keras is not installed');
    const model = await readSavedModel(file('keras-2-saved'));
    expect(model.topology.class_name).toBe('Functional');
    expect(model.imageSize).toBe(SIDE);
    await expectParity('keras-2-saved', model);
  });

  test('a checkpoint of TensorFlow 1 has weights and moving averages, and no slots', async () => {
    const { tensors, metadata } = await readCheckpoint(file('version-1-checkpoint'));
    expect(tensors.get('net/conv/kernel')?.shape).toEqual([3, 3, 3, 8]);
    expect(tensors.get('net/conv/kernel/ExponentialMovingAverage')?.shape).toEqual([3, 3, 3, 8]);
    expect(metadata.notRead).toContain('net/conv/kernel/Momentum');
    expect([...tensors.keys()].some((name) => /Momentum|global_step/.test(name))).toBe(false);
  });
});
