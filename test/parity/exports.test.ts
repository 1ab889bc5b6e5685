import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { exportModel, type FormatName, type Quantization } from '../../src/export/index.js';
import { openTfjs } from '../../src/export/open-tfjs.js';
import type { Model } from '../../src/model/index.js';
import { addonState } from '../../src/tfjs/tfjs-node.js';
import { importBase } from '../../src/weights/import-base.js';
import { browserPath, serveFiles, useBrowser } from '../browser.js';
import { calibrated } from '../export/calibrated.js';
import { fullRun } from '../full-run.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { parityPython, runPython } from './keras/python.js';
import { photographs, photos } from './photographs.js';

/** Of a logit, where the largest one is about 1. */
const TOLERANCE = 1e-4;
const SIZE = 224;
const { path: folder } = temporaryFolder();
const python = await parityPython();
const browser = useBrowser();
const tfjsBundle = join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs')), 'tf.min.js');

const rowOf = (values: ArrayLike<number>, i: number, classes: number) =>
  Array.from({ length: classes }, (_, k) => values[i * classes + k]!);
const firstOf = (row: number[]) => row.indexOf(Math.max(...row));

function compared(given: ArrayLike<number>, expected: Float32Array, classes: number) {
  const count = given.length / classes;
  expect(count).toBeGreaterThanOrEqual(1);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  let [difference, agreed] = [0, 0];
  for (let i = 0; i < count; i++) {
    const [own, other] = [rowOf(expected, i, classes), rowOf(given, i, classes)];
    own.forEach((value, k) => {
      difference = Math.max(difference, Math.abs(value - other[k]!));
    });
    if (firstOf(own) === firstOf(other)) agreed++;
  }
  return { difference: difference / largest, agreement: agreed / count };
}

/** Both formats store values alike: in a short run each type is in one of them. */
const QUANTIZED: [FormatName, Quantization][] = [
  ['tfjs-graph', 'float16'],
  ['tfjs-layers', 'uint16'],
  ['tfjs-graph', 'uint8'],
  ...(fullRun
    ? ([
        ['tfjs-layers', 'float16'],
        ['tfjs-graph', 'uint16'],
        ['tfjs-layers', 'uint8'],
      ] as [FormatName, Quantization][])
    : []),
];

const BASES = ['efficientnet-lite0', ...(fullRun ? ['efficientnet-b0', 'resnet-50', 'mobilenet-v2'] : [])];

describe.skipIf(!photos).each(BASES)('%s on 20 photographs', (name) => {
  let model: Model;
  let images: Float32Array<ArrayBuffer>;
  let expected: Float32Array;
  let count: number;

  beforeAll(async () => {
    // Lite0 has real weights here.
    model =
      name === 'efficientnet-lite0' ? await importBase(name) : await calibrated(name, SIZE, { gain: 1 });
    const { data, shape } = await photographs(SIZE);
    [images, count] = [Float32Array.from(data), shape[0]];
    expect(count).toBe(20);
    expected = (await model.logits({ data: images, shape: [count, SIZE, SIZE, 3] })).data;
    await model.dispose();
    const firsts = new Set(
      Array.from({ length: count }, (_, i) => firstOf(rowOf(expected, i, model.labels.length))),
    );
    expect(firsts.size).toBeGreaterThan(name === 'efficientnet-lite0' ? 8 : 0);
  });

  const write = async (format: FormatName, quantize?: Quantization) => {
    const out = join(folder, `${name}-${format}-${quantize ?? 'float32'}`);
    await exportModel(model, { format, out, logits: true, ...(quantize && { quantize }) });
    return out;
  };

  const cases: [FormatName, Quantization | undefined][] = [
    ['tfjs-graph', undefined],
    ['tfjs-layers', undefined],
    ...(name === 'efficientnet-lite0' ? QUANTIZED : []),
  ];

  test.skipIf(!addonState().built).each(cases)('tfjs in Node: %s in %s', async (format, quantize) => {
    const opened = await openTfjs(
      await write(format, quantize),
      format === 'tfjs-graph' ? 'loadGraphModel' : 'loadLayersModel',
    );
    const given = await opened.run({ data: images, shape: [count, SIZE, SIZE, 3] });
    await opened.close();
    const { difference, agreement } = compared(given, expected, model.labels.length);
    if (quantize) expect(agreement).toBeGreaterThanOrEqual(0.95);
    else expect(difference).toBeLessThan(TOLERANCE);
  });

  test.skipIf(!browserPath).each(cases.filter(([, type]) => fullRun || !type || type === 'uint8'))(
    'tfjs in Chromium: %s in %s',
    { timeout: 900_000 },
    async (format, quantize) => {
      const out = await write(format, quantize);
      // All of them take minutes where a processor plays the graphics card.
      const shown = fullRun ? count : 2;
      const files: Record<string, () => Uint8Array> = {
        '/index.html': () =>
          Buffer.from(
            '<!doctype html><title>x</title><link rel="icon" href="data:,"><script src="/tf.min.js"></script>',
          ),
        '/tf.min.js': () => readFileSync(tfjsBundle),
        '/images': () => Buffer.from(images.buffer, 0, shown * SIZE * SIZE * 3 * 4),
      };
      const url = await serveFiles((path) =>
        (files[path] ?? (() => readFileSync(join(out, path.replace('/model/', '')))))(),
      );
      const { page, problems } = await browser.open(url);
      const load = format === 'tfjs-graph' ? 'loadGraphModel' : 'loadLayersModel';
      const given = await page.evaluate<number[]>(`(async () => {
        const values = new Float32Array(await (await fetch('/images')).arrayBuffer());
        const model = await tf.${load}('/model/model.json');
        const rows = [];
        for (let i = 0; i < ${shown}; i++) {
          const size = ${SIZE * SIZE * 3};
          const image = tf.tensor4d(values.subarray(i * size, (i + 1) * size), [1, ${SIZE}, ${SIZE}, 3]);
          const logits = model.predict(image);
          rows.push(...(await logits.data()));
          tf.dispose([image, logits]);
        }
        return rows;
      })()`);
      await page.close();
      expect(problems.filter((text) => !/GPU stall|GL Driver/.test(text))).toEqual([]);
      expect(given.length).toBe(shown * model.labels.length);
      const { difference, agreement } = compared(given, expected, model.labels.length);
      if (quantize) expect(agreement).toBeGreaterThanOrEqual(0.95);
      else expect(difference).toBeLessThan(TOLERANCE);
    },
  );

  test.skipIf(python.missing !== undefined)(
    'TensorFlow in Python: saved-model, with variables and frozen',
    { timeout: 300_000 },
    async () => {
      const input = join(folder, `${name}.in`);
      writeFileSync(input, new Uint8Array(images.buffer));
      const outs = [false, true].map((frozen) => ({ frozen, out: join(folder, `${name}-saved-${frozen}`) }));
      for (const { frozen, out } of outs)
        await exportModel(model, { format: 'saved-model', out, logits: true, frozen });
      const script = fileURLToPath(new URL('saved_model.py', import.meta.url));
      const places = outs.flatMap(({ out }) => [out, `${out}.logits`]);
      await runPython(python.path!, script, [input, String(SIZE), ...places]);
      for (const { frozen, out } of outs) {
        const bytes = readFileSync(`${out}.logits`);
        const given = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        expect(given.length).toBe(expected.length);
        const { difference } = compared(given, expected, model.labels.length);
        expect(difference, `frozen: ${frozen}`).toBeLessThan(TOLERANCE);
      }
    },
  );
});
