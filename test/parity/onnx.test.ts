import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { exportModel } from '../../src/export/index.js';
import { Model } from '../../src/model/index.js';
import { importBase } from '../../src/weights/import-base.js';
import { readGraphModel } from '../../src/weights/tfjs-graph/index.js';
import { calibrated } from '../export/calibrated.js';
import { compareInOnnxruntime, imagesFor } from '../export/onnx-model.js';
import { fullRun } from '../full-run.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { convertedB0, expectedValues, syntheticPixels } from './converted-b0.js';
import { parityPython, runPython } from './keras/python.js';
import { photographs, photos } from './photographs.js';

const { path: folder } = temporaryFolder();
/** Of a logit, where the largest one is about 1. */
const TOLERANCE = 1e-4;

/** Architectures with weights that were drawn, and image sizes that strides of 2 leave odd and even ones of. */
const ARCHITECTURES: [string, number][] = [
  ['efficientnet-b0', 74],
  ...(fullRun
    ? ([
        ['efficientnet-lite1', 70],
        ['efficientnet-v2-b0', 75],
        ['efficientnet-v2-s', 64],
        ['mobilenet-v2', 66],
        ['mobilenet-v3-small', 65],
        ['mobilenet-v3-large', 64],
        ['pyramidnet-110-alpha48', 32],
        ['resnet-50', 71],
        ['resnet-50-v1', 64],
        ['cifar-resnet-20', 32],
        ['wide-resnet-40-2', 32],
        ['shake-shake-26-2x96d', 32],
      ] as [string, number][])
    : []),
];

describe('onnxruntime gives the logits of', () => {
  test.each(ARCHITECTURES)('%s at %i pixels, 1 image and 5', async (name, imageSize) => {
    const model = await calibrated(name, imageSize, { gain: 1 });
    const images = [imagesFor(model, 1), imagesFor(model, 5)];
    const { largestDifference, largest } = await compareInOnnxruntime(model, images, { folder });
    expect(largestDifference / Math.max(1, largest)).toBeLessThan(TOLERANCE);
    expect(largest).toBeGreaterThan(0.1);
  });

  test.skipIf(!convertedB0)('an EfficientNet-B0 that came as a tfjs graph', async () => {
    const model = new Model(await readGraphModel(join(convertedB0!, 'graph-float32')));
    const images = syntheticPixels();
    const found = await compareInOnnxruntime(model, [images, imagesFor(model, 3)], { folder });
    expect(found.largestDifference / found.largest).toBeLessThan(TOLERANCE);
    const keras = expectedValues()['keras 2.15']!.logits!;
    expect(found.largest).toBeGreaterThan(Math.max(...keras.map(Math.abs)) / 2);
  });
});

describe.skipIf(!photos)('EfficientNet-Lite0 on 20 photographs', () => {
  // In float16 a number has 11 bits: a logit of 10 is off by 0.005 from its own rounding alone.
  test.each<['float32' | 'float16', number]>([
    ['float32', 1e-4],
    ['float16', 0.1],
  ])('in onnxruntime, in %s', async (type, bound) => {
    const model = await importBase('efficientnet-lite0');
    const images = await photographs(model.imageSize);
    expect(images.shape[0]).toBe(20);
    const found = await compareInOnnxruntime(model, [images], {
      folder,
      ...(type === 'float16' && { quantize: type }),
    });
    expect(found.largestDifference).toBeLessThan(bound);
    expect(found.agreement).toBe(1);
  });
});

const PACKAGES = ['onnx==1.19.1', 'numpy==2.4.6'];
const script = fileURLToPath(new URL('./check_onnx.py', import.meta.url));
const python = fullRun ? await parityPython(PACKAGES) : { missing: 'only in a full run' };

describe.skipIf(python.path === undefined)(`the package onnx of Python (${python.missing ?? 'here'})`, () => {
  test.each(['float32', 'float16'] as const)('finds nothing wrong, in %s', async (type) => {
    const quantize = type === 'float16' ? type : undefined;
    const model = await calibrated('efficientnet-b0', 64);
    const out = join(folder, `checked-${type}`);
    await exportModel(model, { format: 'onnx', out, quantize, metadata: { task: 'digits' } });
    await model.dispose();
    await runPython(python.path!, script, [join(out, 'model.onnx'), join(out, 'found.json')]);
    const found = JSON.parse(readFileSync(join(out, 'found.json'), 'utf8'));
    expect(found).toMatchObject({
      ir_version: 8,
      opset: { '': 17 },
      producer: 'sam-finetune',
      inputs: { images: ['FLOAT', 'batch', 64, 64, 3] },
      outputs: { probabilities: ['FLOAT', 'batch', 1000] },
      weights: quantize ? 'FLOAT16' : 'FLOAT',
      metadata: {
        labels: JSON.stringify(model.labels),
        imageSize: '64',
        preprocessing: JSON.stringify({ mean: [0, 0, 0], std: [1, 1, 1] }),
        metadata: JSON.stringify({ task: 'digits' }),
      },
    });
    expect(found.nodes).toContain('stem_conv/Conv2D');
    expect(found.ops.filter((op: string) => op === 'Transpose')).toHaveLength(1);
  });
});
