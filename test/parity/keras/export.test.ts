import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportModel } from '../../../src/export/index.js';
import type { Model, Pixels } from '../../../src/model/index.js';
import { importBase } from '../../../src/weights/import-base.js';
import { deviation, firstPhotos, sampleImages, sampleModel } from '../../export/sample-models.js';
import { fullRun } from '../../full-run.js';
import { testData } from '../../test-data.js';
import { temporaryFolder } from '../../weights/temporary-folder.js';
import { everyActivation, everyLayer } from './every-layer.js';
import { parityPython, runPython } from './python.js';

/** What Keras answers. */
interface Answer {
  output: number[];
  inputShape: (number | null)[];
  outputShape: number[];
  loss: number;
  changed: number;
}

interface Case {
  model(): Model | Promise<Model>;
  images(): Promise<Pixels & { data: Float32Array }>;
}

const photos = testData('photos/val');
const sample = (name: string, imageSize: number): Case => ({
  model: () => sampleModel(name, { imageSize }),
  images: async () => sampleImages(imageSize),
});

const small = async () => sampleImages(9);
const QUICK: Record<string, Case> = {
  'every layer': { model: everyLayer, images: small },
};
const FULL: Record<string, Case> = {
  'every activation': { model: everyActivation, images: small },
  'mobilenet-v2': sample('mobilenet-v2', 64),
  'efficientnet-b0': sample('efficientnet-b0', 96),
  'efficientnet-lite0': sample('efficientnet-lite0', 96),
  'resnet-50': sample('resnet-50', 96),
  'mobilenet-v3-small': sample('mobilenet-v3-small', 64),
  'pyramidnet, whose layers Keras lacks': sample('pyramidnet-110-alpha48', 16),
  ...(photos && {
    'efficientnet-lite0 with its real weights, on photos': {
      model: () => importBase('efficientnet-lite0'),
      images: () => firstPhotos(photos, 224),
    },
  }),
};
const cases = Object.entries({ ...QUICK, ...(fullRun ? FULL : {}) });

/** What opens which file. */
const READERS = [
  { package: 'keras', format: 'keras', file: 'model.keras' },
  { package: 'keras', format: 'h5', file: 'model.h5' },
  { package: 'tf_keras', format: 'h5', file: 'model.h5' },
] as const;
/** Of an image's largest logit. */
const TOLERANCE = 1e-4;

const { path: python, missing } = await parityPython();
const folder = temporaryFolder();

describe.skipIf(missing !== undefined)(
  `Exported models in Keras 3 and Keras 2${missing ? ` (${missing})` : ''}`,
  () => {
    const models = new Map<string, Model>();
    const expected = new Map<string, Float32Array>();
    let answers = new Map<string, Answer>();

    beforeAll(async () => {
      const requests: { key: string; row: object }[] = [];
      for (const [name, { model: make, images: draw }] of cases) {
        const own = join(folder.path, String(models.size));
        mkdirSync(own);
        const model = await make();
        const images = await draw();
        models.set(name, model);
        expected.set(name, (await model.logits(images)).data);
        writeFileSync(join(own, 'images'), images.data);
        for (const { package: reader, format, file } of READERS) {
          const out = join(own, format);
          await exportModel(model, { format, out, logits: true });
          const row = {
            package: reader,
            model: join(out, file),
            images: join(own, 'images'),
            shape: images.shape,
          };
          requests.push({ key: `${name} ${reader} ${format}`, row });
        }
      }
      const [request, answer] = [join(folder.path, 'request.json'), join(folder.path, 'answer.json')];
      writeFileSync(request, JSON.stringify(requests.map(({ row }) => row)));
      const script = fileURLToPath(new URL('./read_models.py', import.meta.url));
      await runPython(python as string, script, [request, answer]);
      const rows: Answer[] = JSON.parse(readFileSync(answer, 'utf8'));
      answers = new Map(requests.map(({ key }, i) => [key, rows[i]!]));
    }, 900_000);
    afterAll(() => Promise.all([...models.values()].map((model) => model.dispose())));

    describe.each(cases.map(([name]) => name))('%s', (name) => {
      test.each(READERS)('$package opens .$format: the same logits, and it can be trained', (reader) => {
        const model = models.get(name)!;
        const answer = answers.get(`${name} ${reader.package} ${reader.format}`)!;
        const classes = model.labels.length;
        const logits = expected.get(name)!;
        expect(answer.inputShape).toEqual([null, model.imageSize, model.imageSize, 3]);
        expect(answer.outputShape).toEqual([logits.length / classes, classes]);
        // Logits that differ from image to image, or equal ones would mean nothing.
        expect(
          deviation(logits.subarray(0, classes), logits.subarray(classes, 2 * classes), classes),
        ).toBeGreaterThan(0.01);
        expect(deviation(answer.output, logits, classes)).toBeLessThan(TOLERANCE);
        expect(answer.loss).toBeGreaterThan(0);
        expect(answer.changed).toBeGreaterThan(0.5);
      });
    });
  },
);
