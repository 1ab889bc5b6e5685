import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayersTopology } from '../../../models/topology.js';
import {
  isKerasArchive,
  nameByTopology,
  readKerasArchive,
  readKerasH5,
} from '../../../src/weights/keras/index.js';
import { fullRun } from '../../full-run.js';
import { distanceTo, modelOf } from '../../weights/keras/import-model.js';
import { parityPython, runPython } from './python.js';

/** A model that a version of Keras writes, and the side of its input in pixels. */
interface Case {
  package: 'keras' | 'tf_keras';
  model: string;
  size: number;
}

const of = (name: Case['package'], models: Record<string, number>): Case[] =>
  Object.entries(models).map(([model, size]) => ({ package: name, model, size }));

/** Smaller images than the models' own: weights, names and layers are the same, and it takes seconds. */
const QUICK = [
  ...of('keras', { EfficientNetB0: 64, MobileNetV2: 64, Transfer: 64 }),
  ...of('tf_keras', { Transfer: 64 }),
];
const FULL = [
  ...of('keras', {
    EfficientNetB3: 96,
    EfficientNetV2S: 96,
    ResNet50: 96,
    MobileNetV3Small: 96,
    MobileNetV3Large: 96,
    EfficientNetB7: 96,
  }),
  ...of('tf_keras', {
    EfficientNetB0: 64,
    MobileNetV2: 64,
    MobileNetV3Small: 96,
    ResNet50: 96,
    EfficientNetV2S: 96,
  }),
];

const cases = [...QUICK, ...(fullRun ? FULL : [])];
const packages = ['keras', 'tf_keras'] as const;
const script = fileURLToPath(new URL('./write_models.py', import.meta.url));
const { path: python, missing } = await parityPython();
/** Largest difference of two logits by the largest logit. */
const TOLERANCE = 1e-4;

describe.skipIf(missing !== undefined)(
  `Models as Keras itself writes and runs them${missing ? ` (${missing})` : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'sam-finetune-parity-'));
    beforeAll(async () => {
      // One process a package, which TensorFlow takes seconds to start in.
      for (const name of packages) {
        const own = cases.filter((each) => each.package === name);
        mkdirSync(join(folder, name));
        const models = own.map(({ model, size }) => `${model}:${size}`);
        await runPython(python as string, script, [join(folder, name), name, ...models]);
      }
    }, 1_800_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    describe.each(cases)('$package, $model at $size px', ({ package: name, model, size }) => {
      const file = (extension: string): string => join(folder, name, `${model}.${extension}`);
      let reference: number[] = [];
      beforeAll(() => {
        reference = JSON.parse(readFileSync(file('json'), 'utf8'));
      });

      const distance = async (
        topology: LayersTopology,
        tensors: Parameters<typeof modelOf>[1],
        path: string,
      ) => {
        const imported = modelOf(topology, tensors, path);
        try {
          return await distanceTo(reference, imported);
        } finally {
          await imported.dispose();
        }
      };

      test.each(['h5', 'keras'])('.%s gives the same logits', async (extension) => {
        const path = file(extension);
        const read = await (isKerasArchive(path) ? readKerasArchive(path) : readKerasH5(path));
        expect(read).toMatchObject({ imageSize: size, labels: expect.objectContaining({ length: 10 }) });
        expect(await distance(read.topology as LayersTopology, read.tensors, path)).toBeLessThan(TOLERANCE);
      });

      // Keras 2 leaves the names of layers out, without which the layers of a nested model are not to be told apart.
      test.skipIf(name === 'tf_keras' && model === 'Transfer')(
        '.weights.h5 gives the same logits',
        async () => {
          const { topology } = await readKerasArchive(file('keras'));
          const path = file('weights.h5');
          const { tensors, topology: none } = await readKerasH5(path);
          expect(none).toBeUndefined();
          const named = nameByTopology(tensors, topology as LayersTopology, path);
          expect(await distance(topology as LayersTopology, named, path)).toBeLessThan(TOLERANCE);
        },
      );

      // Of the largest alone.
      if (model !== 'EfficientNetB7') return;
      test('each file is imported in less than 1 GB', () => {
        for (const extension of ['h5', 'keras', 'weights.h5']) {
          const child = fileURLToPath(new URL('./import-memory.ts', import.meta.url));
          const args = ['--import', 'tsx', child, file(extension), file('keras')];
          const { weightBytes, peakBytes } = JSON.parse(
            execFileSync(process.execPath, args, { encoding: 'utf8' }),
          );
          expect(weightBytes / 2 ** 20, extension).toBeGreaterThan(240);
          expect(peakBytes / 2 ** 20, extension).toBeLessThan(1000);
        }
      });
    });
  },
);
