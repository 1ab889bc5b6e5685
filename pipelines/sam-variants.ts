/**
 * SAM and its relatives beside the base optimizer, with clean labels and with 40 % of the training labels redrawn:
 * EfficientNet-Lite0, pretrained on ImageNet, fine-tuned on CIFAR-10 at 64 px for ten epochs with AdamW, three seeds.
 *
 *   node dist/pipelines/sam-variants.js --data PATH --out runs/variants             # CIFAR-10 in its binary layout
 *   node dist/pipelines/sam-variants.js --data PATH --noises symmetric:0.4 --methods base,sam
 *   node dist/pipelines/sam-variants.js --quick --data PATH                         # does it run?
 *
 * As many runs side by side as there are cores (--jobs), each on one of them: a slow machine does 1.2 times as many images
 * a second so as in one run after the other with both of two cores. Started again with the same --out, it goes on where
 * it was: runs that are done are not done again. It takes 5,000 training images, the first seed's choice of each class in
 * proportion, and the accuracy of the last epoch: no image of the held-out ones chooses anything.
 *
 * hardware   2 cores (AMD EPYC without AVX-512), 24 GiB, no GPU
 * time       on one of the cores, 6 minutes a run of the base optimizer, 12 of SAM
 * expected   top-1, mean and standard deviation over three seeds. Clean labels: base 79.9 ± 0.4 %, SAM 80.5 ± 0.3 %,
 *            norm-only 81.2 ± 0.7 %, ASAM 80.6 ± 0.8 %, gsam-alpha-0.05 81.0 ± 0.5 %, every-4-rho-0.2 82.4 ± 0.7 %,
 *            ascent-0.25 79.5 ± 0.5 %, LookSAM 77.4 ± 0.7 %. 40 % of the labels redrawn: base 70.7 ± 0.5 %, SAM
 *            74.0 ± 1.2 %, norm-only 75.8 ± 0.4 %, ASAM 73.4 ± 2.0 %, gsam-alpha-0.05 73.4 ± 2.7 %, every-4-rho-0.2
 *            73.6 ± 1.6 %, ascent-0.25 70.9 ± 1.6 %, LookSAM 62.1 ± 0.5 %; gsam-alpha-0.4 10 % (two seeds): it does not
 *            train; one seed each: norm-only-0.25 72.2 %, every-3 73.8 %, every-4 71.0 %, every-4-rho-0.1 73.4 %,
 *            last-2 and last-2.5 71.8 %. At rho 0.2 SAM does not train here (10 %): without dropout an implementation in
 *            PyTorch collapses there in the same way
 * --quick    two methods, one seed, 500 images, one epoch: less than a minute
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  fineTune,
  InputError,
  importBase,
  loadTask,
  type RecipeInput,
  swapHead,
  withLabelNoise,
} from 'sam-finetune';
import {
  endWithParent,
  isDone,
  mean,
  type Reached,
  resultOf,
  secondsAnImage,
  sideBySide,
  summary,
  trainingSeconds,
  wholeNumber,
} from './grid.js';

/** What each row changes in the recipe. */
const METHODS: Readonly<Record<string, Partial<RecipeInput>>> = {
  base: { sam: 'none' },
  sam: { rho: 0.05 },
  asam: { sam: 'asam', rho: 0.5 },
  'gsam-alpha-0.05': { sam: 'gsam', rho: 0.05, samAlpha: 0.05 },
  'gsam-alpha-0.4': { sam: 'gsam', rho: 0.05, samAlpha: 0.4 },
  looksam: { sam: 'looksam', rho: 0.05 },
  'ascent-0.25': { rho: 0.05, ascentFraction: 0.25 },
  'norm-only': { sam: 'norm-only', rho: 0.5 },
  'every-3': { rho: 0.05, samEvery: 3 },
  'every-4': { rho: 0.05, samEvery: 4 },
  'every-4-rho-0.1': { rho: 0.1, samEvery: 4 },
  'every-4-rho-0.2': { rho: 0.2, samEvery: 4 },
  'last-2': { rho: 0.05, samEpochs: 2 },
  'last-2.5': { rho: 0.05, samEpochs: 2.5 },
  // Both ways of saving together: the ascent of a quarter of the batch needs no gradient of a kernel.
  'norm-only-0.25': { sam: 'norm-only', rho: 0.5, ascentFraction: 0.25 },
};
const NOISES = ['none', 'symmetric:0.4'] as const;

const RECIPE = {
  imageSize: 64,
  epochs: 10,
  optimizer: 'adamw',
  learningRate: 1e-3,
  bestMetric: 'last',
} as const satisfies Partial<RecipeInput>;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    methods: { type: 'string' },
    noises: { type: 'string' },
    epochs: { type: 'string', default: String(RECIPE.epochs) },
    jobs: { type: 'string', default: String(availableParallelism()) },
    quick: { type: 'boolean', default: false },
    // One run alone: what this program starts of itself.
    run: { type: 'string' },
  },
});
const { quick } = values;
const out = values.out ?? (quick ? 'runs/variants-quick' : 'runs/variants');
const seeds = quick ? 1 : wholeNumber('--seeds', values.seeds);
const jobs = wholeNumber('--jobs', values.jobs);
const epochs = quick ? 1 : wholeNumber('--epochs', values.epochs);
const methods = chosen('--methods', values.methods ?? (quick ? 'base,sam' : undefined), Object.keys(METHODS));
const noises = chosen('--noises', values.noises ?? (quick ? 'symmetric:0.4' : undefined), NOISES);

interface Cell {
  noise: string;
  seed: number;
  method: string;
}

interface Result extends Cell, Reached {
  /** Runs side by side, each with one thread: times compare where they are the same. */
  jobs: number;
}

if (values.run === undefined) {
  // Methods innermost: what slows the machine down for a while slows all of them.
  const cells = Array.from({ length: seeds }, (_, seed) =>
    noises.flatMap((noise) => methods.map((method) => ({ noise, seed, method }))),
  ).flat();
  const open = cells.filter((cell) => !isDone(folderOf(cell)));
  const program = fileURLToPath(import.meta.url);
  await sideBySide(
    program,
    open.map((cell) => [...process.argv.slice(2), '--run', JSON.stringify(cell)]),
    jobs,
  );
  print(await Promise.all(cells.map(resultOfCell)));
} else {
  endWithParent();
  await resultOfCell(JSON.parse(values.run));
}

function folderOf({ noise, seed, method }: Cell): string {
  return join(out, noise.replace(':', '-'), `${method}-seed-${seed}`);
}

function resultOfCell(cell: Cell): Promise<Result> {
  const { noise, seed, method } = cell;
  const folder = folderOf(cell);
  const limit = quick ? 500 : 5000;
  const recipe = { ...RECIPE, epochs, ...METHODS[method], seed };
  return resultOf(folder, { noise, limit, ...recipe }, async (resume) => {
    const clean = await loadTask('cifar10', { data: values.data, limit });
    const task = noise === 'none' ? clean : withLabelNoise(clean, noise, seed);
    const base = await importBase('efficientnet-lite0', { imageSize: RECIPE.imageSize, seed });
    const model = swapHead(base, { classes: task.classes });
    const { top1 } = await fineTune(model, task, recipe, { out: folder, resume });
    return { ...cell, top1, seconds: trainingSeconds(folder), jobs };
  });
}

function chosen<T extends string>(flag: string, text: string | undefined, known: readonly T[]): readonly T[] {
  if (text === undefined) return known;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name as T));
  if (unknown === undefined) return names as T[];
  throw new InputError(`Expected names of ${known.join(', ')} for ${flag}, received '${unknown}'.`);
}

/** The table, on standard output: mean and sample standard deviation over the seeds, in per cent, and the time of a step. */
function print(results: readonly Result[]): void {
  const of = (method: string) => results.filter((result) => result.method === method);
  const secondsOf = (method: string) => mean(of(method).map((result) => secondsAnImage(folderOf(result))));
  const [first] = methods;
  const comparable =
    new Set(results.map((result) => result.jobs)).size === 1 &&
    results.every((result) => existsSync(join(folderOf(result), 'metrics.jsonl')));
  console.log(
    `| held-out top-1, % | ${noises.map((noise) => `labels: ${noise}`).join(' | ')} | time a step |`,
  );
  console.log(`|---|${noises.map(() => '---|').join('')}---|`);
  for (const method of methods) {
    const accuracies = noises.map((noise) => {
      const own = of(method).filter((result) => result.noise === noise);
      return summary(own.map(({ top1 }) => top1));
    });
    const time = comparable ? `${(secondsOf(method) / secondsOf(first!)).toFixed(2)} of ${first}` : '-';
    console.log(`| ${method} | ${accuracies.join(' | ')} | ${time} |`);
  }
}
