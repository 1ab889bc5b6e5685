import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { maskedCrc32c } from '../../../src/weights/tensorflow/crc32c.js';
import {
  isCheckpoint,
  isSavedModel,
  readCheckpoint,
  readSavedModel,
} from '../../../src/weights/tensorflow/index.js';
import { mutations } from '../mutations.js';
import { temporaryFolder } from '../temporary-folder.js';
import { weightsOf, writeCheckpoint } from './checkpoint-writer.js';
import { BIAS_KEY, functionModel, KERNEL_KEY, referenceModel } from './models.js';
import { writeGraphDef, writeKerasMetadata, writeSavedModel } from './saved-model-writer.js';
import { readWholeTable, signedAgain } from './table-signer.js';

/** Of the processor. A whole read of these small files takes a few milliseconds. */
const LONGEST_READ_MS = 2000;
const MUTATIONS = 200;
const folder = temporaryFolder();
const prefix = join(folder.path, 'checkpoint', 'model');
const index = `${prefix}.index`;
const data = `${prefix}.data-00000-of-00001`;
const model = join(folder.path, 'model');
const savedModel = join(model, 'saved_model.pb');
const metadata = join(model, 'keras_metadata.pb');
const frozen = join(folder.path, 'frozen.pb');

const NAMES = {
  [KERNEL_KEY]: 'dense/kernel',
  [BIAS_KEY]: 'dense/bias',
  'x/y/.ATTRIBUTES/VARIABLE_VALUE': 'x',
};
const weights = weightsOf({
  [KERNEL_KEY]: [3, 2],
  [BIAS_KEY]: [2],
  'x/y/.ATTRIBUTES/VARIABLE_VALUE': [4, 5],
});

beforeAll(async () => {
  mkdirSync(join(folder.path, 'checkpoint'));
  mkdirSync(join(model, 'variables'), { recursive: true });
  await writeCheckpoint(prefix, weights, { names: NAMES });
  await writeCheckpoint(join(model, 'variables', 'variables'), weights, { names: NAMES });
  writeFileSync(savedModel, writeSavedModel(functionModel()));
  writeFileSync(frozen, writeGraphDef({ nodes: referenceModel().nodes }));
});

/** Reads files with each of `damages` in place of `file`: either it goes well, or an InputError names the place. */
async function readDamaged(
  file: string,
  damages: Iterable<Uint8Array>,
  read: () => Promise<unknown>,
  place = folder.path,
): Promise<{ refused: number; read: number }> {
  const sound = readFileSync(file);
  const counts = { refused: 0, read: 0 };
  const live = Tensor.liveCount;
  const before = readdirSync(folder.path, { recursive: true }).length;
  try {
    for (const bytes of damages) {
      writeFileSync(file, bytes);
      const start = process.cpuUsage();
      const error = await read().then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      if (error) {
        expect(error, error.stack).toBeInstanceOf(InputError);
        expect(error.message).toContain(place);
      }
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1000).toBeLessThan(LONGEST_READ_MS);
      counts[error ? 'refused' : 'read'] += 1;
    }
  } finally {
    writeFileSync(file, sound);
  }
  expect(Tensor.liveCount).toBe(live);
  expect(readdirSync(folder.path, { recursive: true })).toHaveLength(before);
  return counts;
}

/** A file's bytes, of which slices are copies. */
const contents = (file: string): Uint8Array => Uint8Array.from(readFileSync(file));

const checkpoint = async () => isCheckpoint(index) && readCheckpoint(prefix);

describe(`${MUTATIONS} damaged files`, () => {
  test('of an index', async () => {
    const counts = await readDamaged(index, mutations(contents(index), MUTATIONS, 1), checkpoint);
    expect(counts.refused).toBeGreaterThan(MUTATIONS / 2);
  });

  test('of an index whose checksums are right', async () => {
    const sound = contents(index);
    const signed = [...mutations(readWholeTable(sound), 2 * MUTATIONS, 2)].map((block) =>
      signedAgain(sound, block),
    );
    const counts = await readDamaged(index, signed, checkpoint);
    expect(counts.refused).toBeGreaterThan(MUTATIONS / 2);
  });

  test('of values', async () => {
    const counts = await readDamaged(data, mutations(contents(data), MUTATIONS, 3), checkpoint);
    expect(counts.refused).toBeGreaterThan(MUTATIONS * 0.9);
  });

  test('of a SavedModel', async () => {
    const read = async () => isSavedModel(model) && readSavedModel(model);
    const counts = await readDamaged(savedModel, mutations(contents(savedModel), MUTATIONS, 4), read);
    expect(counts.refused).toBeGreaterThan(MUTATIONS / 4);
  });

  test('of the description of a Keras model', async () => {
    const layers = [{ class_name: 'Dense', config: { name: 'dense', units: 2 } }];
    writeFileSync(
      metadata,
      writeKerasMetadata({ class_name: 'Sequential', config: { name: 'model', layers } }),
    );
    const counts = await readDamaged(metadata, mutations(contents(metadata), MUTATIONS, 5), () =>
      readSavedModel(model),
    );
    expect(counts.refused).toBeGreaterThan(0);
  });

  test('of a frozen graph', async () => {
    const read = async () => isSavedModel(frozen) && readSavedModel(frozen);
    const counts = await readDamaged(frozen, mutations(contents(frozen), MUTATIONS, 6), read);
    expect(counts.refused).toBeGreaterThan(MUTATIONS / 4);
  });
});

test('an index that is cut off is seen as a checkpoint, and refused with its path', async () => {
  const cut = readFileSync(index).subarray(0, -9);
  await readDamaged(index, [cut], async () => {
    expect(isCheckpoint(index)).toBe(true);
    await expect(readCheckpoint(index)).rejects.toThrow(
      `Expected the end of a checkpoint index in ${index}, received another end. The file seems truncated`,
    );
  });
});

test('values with a flipped bit are refused with the checkpoint', async () => {
  const flipped = contents(data);
  flipped[0]! ^= 1;
  await readDamaged(data, [flipped], () =>
    expect(readCheckpoint(prefix)).rejects.toThrow(
      /values that TensorFlow can read in the checkpoint .*Checksum/,
    ),
  );
});

test('checksums are those of the standard', () => {
  // RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 8a9136aa; masked as TensorFlow does.
  const crc = 0x8a9136aa;
  expect(maskedCrc32c(new Uint8Array(32))).toBe((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
});
