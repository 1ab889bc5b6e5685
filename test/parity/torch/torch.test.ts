import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findBase } from '../../../models/catalogue/index.js';
import type { Conventions } from '../../../models/conventions.js';
import { buildForward, Model, NO_PREPROCESSING } from '../../../src/model/index.js';
import { convertWeights } from '../../../src/weights/convert.js';
import { nameMap } from '../../../src/weights/names/index.js';
import { readWeights } from '../../../src/weights/read.js';
import { writeSafetensors } from '../../../src/weights/safetensors.js';
import { fullRun } from '../../full-run.js';
import { LISTED_MODELS, type ListedModel, sourceOf } from '../../weights/names/listed-models.js';
import { temporaryFolder } from '../../weights/temporary-folder.js';
import { filledWeights } from './fill.js';
import { writePth } from './write-pth.js';

interface Expected {
  library: string;
  model: string;
  imageSize: number;
  logits: number[];
}

/** Of the largest logit. */
const TOLERANCE = 1e-4;
/** Run always; the others with SAM_FINETUNE_PARITY=full. */
const QUICK = ['tf_efficientnet_b0', 'efficientnet_lite0', 'timm resnet50'];

/** A Python that has torch, timm and torchvision. */
const python = process.env.SAM_FINETUNE_TEST_TORCH;
const script = fileURLToPath(new URL('logits.py', import.meta.url));
const rows: Expected[] = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'));
const folder = temporaryFolder();

const cases = rows.map((row): [string, Expected] => [
  `${row.library} ${row.model} at ${row.imageSize} px`,
  row,
]);

describe.each(cases)('%s', (name, { library, model, imageSize, logits: expected }) => {
  const known = LISTED_MODELS.find(
    (other) => other.library === library && other.model === model,
  ) as ListedModel;
  const map = nameMap(sourceOf(known));
  const isSkipped = !fullRun && !QUICK.some((quick) => name.includes(quick));

  const logitsOf = async (file: string, conventions: Partial<Conventions> = map.conventions(known.base)) => {
    const topology = findBase(known.base)!.build({ classes: expected.length, imageSize, ...conventions });
    const { weights: targets } = buildForward(topology, { training: false });
    const { tensors } = await readWeights(file);
    const weights = convertWeights(tensors, targets, map, { file });
    const labels = expected.map((_, label) => String(label));
    const loaded = new Model({ topology, weights, labels, imageSize, preprocessing: NO_PREPROCESSING });
    try {
      const pixels = { data: syntheticImage(imageSize), shape: [1, imageSize, imageSize, 3] } as const;
      return (await loaded.logits(pixels, { preprocess: false })).data;
    } finally {
      await loaded.dispose();
    }
  };

  describe.skipIf(isSkipped)('on weights by a formula', () => {
    // The file's classifier has as many classes as there are logits.
    const weights = () =>
      filledWeights(
        [...known.weights].map(([key, [first, ...rest]]) => [
          key,
          first === undefined ? [] : [first === 1000 ? expected.length : first, ...rest],
        ]),
      );

    test('out of safetensors', async () => {
      const path = `${folder.path}/model.safetensors`;
      await writeSafetensors(path, weights(), { metadata: { format: 'pt' } });
      expect(deviation(await logitsOf(path), expected)).toBeLessThan(TOLERANCE);
      const other = { padding: known.padding, epsilon: known.epsilon === 1e-3 ? 1e-5 : 1e-3 };
      expect(deviation(await logitsOf(path, other), expected), 'another epsilon').toBeGreaterThan(TOLERANCE);
    });

    test('out of .pth', async () => {
      const path = `${folder.path}/model.pth`;
      writePth(path, weights());
      expect(deviation(await logitsOf(path), expected)).toBeLessThan(TOLERANCE);
    });
  });

  test.skipIf(isSkipped || python === undefined)('out of the files that PyTorch itself writes', async () => {
    const live = `${folder.path}/live`;
    mkdirSync(live);
    try {
      const printed = execFileSync(python as string, [
        script,
        '--write',
        live,
        library,
        model,
        `${imageSize}`,
      ]);
      const computed: number[] = JSON.parse(printed.toString().trim().split('\n').at(-1) as string);
      expect(deviation(Float32Array.from(computed), expected), 'the stored logits').toBeLessThan(TOLERANCE);
      for (const file of ['model.safetensors', 'model.pth', 'model-legacy.pth']) {
        expect(deviation(await logitsOf(`${live}/${file}`), computed), file).toBeLessThan(TOLERANCE);
      }
    } finally {
      rmSync(live, { recursive: true });
    }
  });
});

/** x[h, w, c] = sin(0.05 h + 0.031 w + 1.7 c) */
function syntheticImage(size: number): Float32Array {
  return Float32Array.from({ length: size * size * 3 }, (_, i) => {
    const [h, w, c] = [Math.floor(i / (3 * size)), Math.floor(i / 3) % size, i % 3];
    return Math.sin(0.05 * h + 0.031 * w + 1.7 * c);
  });
}

/** The largest difference, relative to the largest expected value. */
function deviation(received: Float32Array, expected: readonly number[]): number {
  if (received.length !== expected.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...expected.map(Math.abs));
  const differences = expected.map((value, k) => Math.abs((received[k] as number) - value));
  return Math.max(...differences) / largest;
}
