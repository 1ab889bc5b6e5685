/**
 * Training on wrong labels, table 4 of the SAM paper (arXiv 2010.01412, section 3.3): ResNet-32 from scratch on CIFAR-10,
 * 200 epochs, with a part of the training labels redrawn; test labels stay as they are.
 *
 *   node dist/pipelines/label-noise.js --out runs/label-noise                  # downloads CIFAR-10 (170 MB) into the cache
 *   node dist/pipelines/label-noise.js --data PATH --seeds 5                   # a folder with CIFAR-10 in its binary layout
 *   node dist/pipelines/label-noise.js --quick --data PATH --out runs/noise-quick   # does it run?
 *
 * Started again with the same --out, it goes on where it was: runs that are done are not done again.
 *
 * base           the base optimizer alone
 * sam            with SAM, rho 0.1, and 0.05 at 80 % noise
 * bootstrap      trained anew from scratch on the labels that base predicts for the training images
 * bootstrap-sam  the same with SAM, on the labels that sam predicts
 * (bootstrapping of the paper; the losses `bootstrap-soft` and `bootstrap-hard` are another thing of that name)
 *
 * hardware   meant for a GPU; 60 runs of 200 epochs with three seeds
 * time       not measured
 * expected   not measured by this project. The PAPER's test accuracy in per cent:
 *
 *            | symmetric noise | 20 % | 40 % | 60 % | 80 % |
 *            |---|---|---|---|---|
 *            | base            | 84.8 | 68.8 | 48.2 | 26.2 |
 *            | sam             | 95.1 | 93.4 | 90.5 | 77.9 |
 *            | bootstrap       | 85.0 | 68.8 | 47.7 | 26.5 |  (table 8, rho 0: on a tenth of the training images)
 *            | bootstrap-sam   | 95.4 | 94.2 | 91.8 | 79.9 |
 *
 *            It has no asymmetric noise. It does not give learning rate and weight decay of these runs either: here
 *            they are those of its other runs on CIFAR-10 (table 6), as is the clipping of google-research/sam.
 * --quick    EfficientNet-Lite0, pretrained, at 64 px, 1,000 images, 3 epochs, 40 and 80 % noise, one seed: shows that it
 *            runs, in about 4 minutes on 2 cores (AMD EPYC, no GPU). Base reaches about half of the images at 40 %, a
 *            quarter at 80 %; in so few steps nothing is learned by heart yet, so the other methods gain nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  fineTune,
  InputError,
  importBase,
  loadTask,
  type RecipeInput,
  swapHead,
  type Task,
  withLabelNoise,
  withPredictedLabels,
} from 'sam-finetune';
import { resultOf, summary, trainingSeconds, wholeNumber, writeWhole } from './grid.js';

interface Plan {
  base: string;
  limit?: number;
  noises: readonly string[];
  seeds: number;
  recipe: Partial<RecipeInput>;
  rho(noise: string): number;
}

const FULL: Plan = {
  base: 'cifar-resnet-32:none',
  noises: ['symmetric:0.2', 'symmetric:0.4', 'symmetric:0.6', 'symmetric:0.8', 'asymmetric:0.4'],
  seeds: 3,
  recipe: {
    imageSize: 32,
    epochs: 200,
    batchSize: 256,
    optimizer: 'momentum',
    learningRate: 0.1,
    weightDecay: 5e-4,
    warmupEpochs: 0,
    clipNorm: 5,
    labelSmoothing: 0,
  },
  // Larger ones do not converge at 80 % (table 8).
  rho: (noise) => (noise === 'symmetric:0.8' ? 0.05 : 0.1),
};

const QUICK: Plan = {
  base: 'efficientnet-lite0',
  limit: 1000,
  noises: ['symmetric:0.4', 'symmetric:0.8'],
  seeds: 1,
  recipe: { imageSize: 64, epochs: 3, labelSmoothing: 0 },
  rho: () => 0.05,
};

/** Each method: whether it takes SAM, and whose predictions are its labels. A teacher comes before its student. */
const METHODS = {
  base: { sam: 'none' },
  sam: { sam: 'sam' },
  bootstrap: { sam: 'none', teacher: 'base' },
  'bootstrap-sam': { sam: 'sam', teacher: 'sam' },
} as const satisfies Record<string, { sam: 'sam' | 'none'; teacher?: string }>;

type Method = keyof typeof METHODS;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    seeds: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const plan = values.quick ? QUICK : FULL;
const out = values.out ?? (values.quick ? 'runs/label-noise-quick' : 'runs/label-noise');
const seeds = values.seeds === undefined ? plan.seeds : wholeNumber('--seeds', values.seeds);

const clean = await loadTask('cifar10', { data: values.data, limit: plan.limit });
const rows = Object.fromEntries(
  Object.keys(METHODS).map((method) => [method, plan.noises.map((): number[] => [])]),
) as Record<Method, number[][]>;
for (const [column, noise] of plan.noises.entries()) {
  for (let seed = 0; seed < seeds; seed++) {
    for (const method of Object.keys(METHODS) as Method[]) {
      rows[method][column]!.push(await accuracyOf({ noise, seed, method }));
    }
  }
}
print();

interface Cell {
  noise: string;
  seed: number;
  method: Method;
}

function folderOf({ noise, seed, method }: Cell): string {
  return join(out, noise.replace(':', '-'), `${method}-seed-${seed}`);
}

/** Held-out accuracy after the last epoch, from its run; trained where that is not done. */
async function accuracyOf(cell: Cell): Promise<number> {
  const { noise, seed, method } = cell;
  const folder = folderOf(cell);
  // Not the best epoch: that would be chosen by the images that it is measured on.
  const recipe = {
    ...plan.recipe,
    sam: METHODS[method].sam,
    rho: plan.rho(noise),
    bestMetric: 'last',
    seed,
  } as const;
  const kept = { ...cell, base: plan.base, limit: plan.limit ?? null, ...recipe };
  const { top1 } = await resultOf(folder, kept, async (resume) => {
    const task = await taskOf(cell);
    const base = await importBase(plan.base, { imageSize: plan.recipe.imageSize, seed });
    const model = swapHead(base, { classes: task.classes });
    const run = await fineTune(model, task, recipe, { out: folder, resume });
    return { ...cell, top1: run.top1, seconds: trainingSeconds(folder) };
  });
  return top1;
}

/** The noisy task, or the one with the labels that the method's teacher predicts. */
async function taskOf({ noise, seed, method }: Cell): Promise<Task> {
  const noisy = withLabelNoise(clean, noise, seed);
  const { teacher } = METHODS[method] as { teacher?: Method };
  if (teacher === undefined) return noisy;
  const folder = folderOf({ noise, seed, method: teacher });
  // Kept, so that a run that goes on has the very same labels.
  const kept = join(folder, 'train-labels.json');
  if (!existsSync(kept)) writeWhole(kept, Array.from(await predictedLabels(folder, noisy)));
  return withPredictedLabels(noisy, Int32Array.from(JSON.parse(readFileSync(kept, 'utf8'))));
}

/** The likeliest class of each training image, as the model of a run sees it. */
async function predictedLabels(run: string, { train, classes }: Task): Promise<Int32Array> {
  const { source, length } = train;
  if (source.kind !== 'array')
    throw new InputError('Bootstrapping here takes a task with its images in memory.');
  const { pixels, height, width } = source;
  const bytes = height * width * 3;
  const labels = new Int32Array(length);
  const model = await importBase(run);
  try {
    for (let from = 0; from < length; from += 500) {
      const to = Math.min(from + 500, length);
      const data = pixels.subarray(from * bytes, to * bytes);
      const logits = await model.logits({ data, shape: [to - from, height, width, 3] });
      for (let row = from; row < to; row++) {
        const at = (row - from) * classes.length;
        const own = logits.data.subarray(at, at + classes.length);
        labels[row] = own.indexOf(Math.max(...own));
      }
    }
  } finally {
    await model.dispose();
  }
  return labels;
}

/** The table, on standard output: mean and sample standard deviation over the seeds, in per cent. */
function print(): void {
  console.log(`| held-out top-1, % | ${plan.noises.join(' | ')} |`);
  console.log(`|---|${plan.noises.map(() => '---|').join('')}`);
  for (const [method, columns] of Object.entries(rows)) {
    console.log(`| ${method} | ${columns.map(summary).join(' | ')} |`);
  }
}
