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
import { runTimm, timmPython } from './python.js';

/** What timm answers. */
interface Answer {
  logits: number[];
  labels: string[];
  inputSize: number[];
  numFeatures: number;
  inFeatures: number;
  otherHead: number;
}

interface Case {
  model(): Model | Promise<Model>;
  images(): Promise<Pixels & { data: Float32Array }>;
  /** Stores halves: logits are those of the rounded weights. @default false */
  halves?: boolean;
}

const TIMM = { padding: 'symmetric', epsilon: 1e-5 } as const;
const photos = testData('photos/val');
const sample = (name: string, imageSize: number, conventions = {}): Case => ({
  model: () => sampleModel(name, { imageSize, conventions }),
  images: async () => sampleImages(imageSize),
});

const QUICK: Record<string, Case> = {
  // timm builds another one by that name: it is told how in the config.
  'mobilenet-v2 as Keras builds it': sample('mobilenet-v2', 64),
  'efficientnet-lite0': sample('efficientnet-lite0', 64),
};
const FULL: Record<string, Case> = {
  'mobilenet-v2 as timm builds it': sample('mobilenet-v2', 64, TIMM),
  'efficientnet-b0': sample('efficientnet-b0', 96),
  'efficientnet-b0 as timm builds it': sample('efficientnet-b0', 96, TIMM),
  'efficientnet-b0 at an odd size': sample('efficientnet-b0', 67),
  'efficientnet-v2-b0 with the padding of PyTorch': sample('efficientnet-v2-b0', 64, {
    padding: 'symmetric',
  }),
  'mobilenet-v3-small, whose classifier is a convolution here': sample('mobilenet-v3-small', 64),
  'resnet-50': sample('resnet-50', 96),
  'efficientnet-lite0 in halves': { ...sample('efficientnet-lite0', 64), halves: true },
  ...(photos && {
    'efficientnet-lite0 with its real weights, on photos': {
      model: () => importBase('efficientnet-lite0'),
      images: () => firstPhotos(photos, 224),
    },
  }),
};
const cases = Object.entries({ ...QUICK, ...(fullRun ? FULL : {}) });

/** Of an image's largest logit. */
const TOLERANCE = 1e-4;

const python = await timmPython();
const folder = temporaryFolder();

describe.skipIf(python.missing !== undefined)(
  `Exported weights in timm${python.missing ? ` (${python.missing})` : ''}`,
  () => {
    const models = new Map<string, Model>();
    const expected = new Map<string, Float32Array>();
    let answers: Answer[] = [];

    beforeAll(async () => {
      const requests: object[] = [];
      for (const [name, { model: make, images: draw, halves }] of cases) {
        const out = join(folder.path, String(models.size));
        const model = await make();
        const images = await draw();
        models.set(name, model);
        await exportModel(model, { format: 'safetensors', out, ...(halves && { quantize: 'float16' }) });
        const written = halves ? await importBase(out) : model;
        expected.set(name, (await written.logits(images)).data);
        await written.dispose();
        mkdirSync(`${out}-images`);
        writeFileSync(join(`${out}-images`, 'images'), images.data);
        requests.push({ folder: out, images: join(`${out}-images`, 'images'), shape: images.shape });
      }
      const [request, answer] = [join(folder.path, 'request.json'), join(folder.path, 'answer.json')];
      writeFileSync(request, JSON.stringify(requests));
      await runTimm(python, fileURLToPath(new URL('./load_timm.py', import.meta.url)), [request, answer]);
      answers = JSON.parse(readFileSync(answer, 'utf8'));
    }, 900_000);
    afterAll(() => Promise.all([...models.values()].map((model) => model.dispose())));

    test.each(cases.map(([name], i) => ({ name, i })))(
      '$name: a strict load, and the same logits',
      ({ name, i }) => {
        const { labels, imageSize } = models.get(name)!;
        const answer = answers[i]!;
        const logits = expected.get(name)!;
        const [one, two] = [0, 1].map((k) => logits.subarray(k * labels.length, (k + 1) * labels.length));
        expect(deviation(one!, two!, labels.length), 'two images').toBeGreaterThan(0.03);
        expect(deviation(answer.logits, logits, labels.length)).toBeLessThan(TOLERANCE);
        expect(answer.labels).toEqual(labels);
        expect(answer.inputSize).toEqual([3, imageSize, imageSize]);
        expect([answer.numFeatures, answer.otherHead]).toEqual([answer.inFeatures, 3]);
      },
    );
  },
);
