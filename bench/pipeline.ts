/**
 * A step of training fed by the pipeline (files read, cut, decoded while the step before is computed) beside the same step
 * on one batch that is kept in memory: EfficientNet-Lite0, SAM, photographs of a folder, interleaved in one process.
 *
 *     npm run bench:pipeline -- PHOTOS            # a task's folder; 224 px, batch 16
 *     npm run bench:pipeline -- PHOTOS 96 32
 */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { findBase } from '../models/catalogue/index.js';
import { batches } from '../src/data/batches.js';
import { DECODERS, type Decoder } from '../src/data/decode/index.js';
import { shuffled } from '../src/data/random.js';
import { loadTask } from '../src/data/tasks/index.js';
import { Model, NO_PREPROCESSING } from '../src/model/index.js';
import { Program, planOf } from '../src/train/index.js';

const [folder, size = '224', batch = '16'] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name a folder of photographs: npm run bench:pipeline -- FOLDER.');
const imageSize = Number(size);
const batchSize = Number(batch);
const ROUNDS = 7;
/** Steps of a round; the first is left out, since nothing is made ready before it. */
const STEPS = 5;

const task = await loadTask(folder);
const model = new Model({
  topology: findBase('efficientnet-lite0')!.build({ classes: task.classes.length, imageSize }),
  weights: new Map(),
  labels: task.classes,
  preprocessing: NO_PREPROCESSING,
  imageSize,
});
const plan = planOf({ batchSize, accumulate: 1, m: 0, syncPerturbation: false });
const program = Program.create(model, {
  source: { kind: 'encoded', height: imageSize, width: imageSize },
  augmentations: ['random-resized-crop', 'flip'],
  labelSmoothing: 0.1,
  optimizer: 'adamw',
  momentum: 0.9,
  weightDecay: 0.01,
  sam: { method: 'sam' },
  plan,
  seed: 1,
});
await program.start();

let steps = 0;
let epoch = 0;

async function timedStep(update: Parameters<Program['step']>[0]['batches']): Promise<void> {
  await program.step({ batches: update, step: steps++, learningRate: 1e-4, rho: 0.05 });
}

/** Seconds of processor time and of waiting, a step. */
interface Times {
  step: number;
  processor: number;
}

function meter() {
  const started = performance.now();
  const usage = process.cpuUsage();
  return (): Times => {
    const { user, system } = process.cpuUsage(usage);
    return {
      step: (performance.now() - started) / (STEPS - 1),
      processor: (user + system) / 1000 / (STEPS - 1),
    };
  };
}

async function piped(decoder: Decoder): Promise<Times> {
  let stop = meter();
  let done = 0;
  const indices = shuffled(task.train.length, 0, ++epoch);
  const crop = { seed: 0, epoch };
  for await (const batch of batches(task.train, {
    batchSize,
    imageSize,
    indices,
    crop,
    decoder,
    lastBatch: 'drop',
  })) {
    await timedStep([batch]);
    batch.dispose();
    if (++done === 1) stop = meter();
    if (done === STEPS) break;
  }
  return stop();
}

async function kept(): Promise<Times> {
  for await (const batch of batches(task.train, { batchSize, imageSize, prefetch: 1 })) {
    await timedStep([batch]);
    const stop = meter();
    for (let i = 1; i < STEPS; i++) await timedStep([batch]);
    const times = stop();
    batch.dispose();
    return times;
  }
  throw new Error('no batch');
}

const decoders = Object.entries(DECODERS).map(([name, make]) => [name, make() as Decoder] as const);
const rows: [title: string, run: () => Promise<Times>][] = [
  ['one batch in memory', kept],
  ...decoders.map(([name, decoder]): [string, () => Promise<Times>] => [
    `pipeline, ${name}`,
    () => piped(decoder),
  ]),
];
const times = rows.map((): Times[] => []);
for (let round = 0; round <= ROUNDS; round++) {
  for (const [i, [, run]] of rows.entries()) {
    const time = await run();
    if (round > 0) times[i]!.push(time);
  }
}
for (const [, decoder] of decoders) await decoder.close?.();
await program.close();

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const [cpu] = cpus();
console.log(
  `EfficientNet-Lite0, ${imageSize} px, batch ${batchSize}, SAM; ${availableParallelism()} cores (${cpu!.model.trim()}), ` +
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB; medians of ${ROUNDS} rounds of ${STEPS - 1} steps, interleaved`,
);
console.log('| | time a step | of one batch in memory | processor time a step |\n|---|---|---|---|');
for (const [i, [title]] of rows.entries()) {
  const step = median(times[i]!.map((time) => time.step));
  const ratio = step / median(times[0]!.map((time) => time.step));
  const processor = median(times[i]!.map((time) => time.processor));
  console.log(`| ${title} | ${step.toFixed(0)} ms | ${ratio.toFixed(3)} | ${processor.toFixed(0)} ms |`);
}
