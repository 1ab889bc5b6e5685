/**
 * One SAM step of EfficientNet-B0, in this package's engine and in eager tfjs-node: time, interleaved in one
 * process, and peak memory, each in a process of its own.
 *
 *     npm run bench
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findBase } from '../models/catalogue/index.js';
import { Model, NO_PREPROCESSING } from '../src/model/index.js';
import { Tensor } from '../src/tensorflow/index.js';
import { Program } from '../src/train/index.js';
import { eagerStep } from './eager.js';

const CLASSES = 100;
const SETTINGS = { rho: 0.05, learningRate: 0.01, momentum: 0.9 };
const TIME = { size: 64, batch: 32, rounds: 7 };
const MEMORY = { size: 224, batch: 16, steps: 3 };

interface Shape {
  size: number;
  batch: number;
}

/** Runs one step. */
type Step = (pixels: Uint8Array, labels: Int32Array) => Promise<number> | number;

function examples({ size, batch }: Shape): [Uint8Array, Int32Array] {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  const pixels = Uint8Array.from({ length: batch * size * size * 3 }, () => next() >>> 24);
  return [pixels, Int32Array.from({ length: batch }, () => next() % CLASSES)];
}

/** Both sides train the same topology, float32; logits, no softmax; 127 and 128 are its mean and scale here. */
const topologyOf = (size: number) =>
  findBase('efficientnet-b0')!.build({
    classes: CLASSES,
    imageSize: size,
    dropout: 0,
    dropConnect: 0,
    classifierActivation: 'linear',
  });

async function engineStep({ size }: Shape): Promise<{ step: Step; close: () => Promise<void> }> {
  const preprocessing = { ...NO_PREPROCESSING, mean: [127, 127, 127], std: [128, 128, 128] } as const;
  const model = new Model({
    topology: topologyOf(size),
    weights: new Map(),
    labels: [],
    preprocessing,
    imageSize: size,
  });
  const program = Program.create(model, {
    source: { height: size, width: size },
    augmentations: [],
    labelSmoothing: 0,
    optimizer: 'nesterov',
    momentum: SETTINGS.momentum,
    weightDecay: 0,
    sam: { method: 'sam' },
    seed: 1,
  });
  await program.start();
  let count = 0;
  return {
    close: () => program.close(),
    async step(pixels: Uint8Array, labels: Int32Array) {
      const images = Tensor.from('uint8', pixels, [labels.length, size, size, 3]);
      const classes = Tensor.from('int32', labels);
      try {
        const { loss } = await program.step({
          batches: [{ images, labels: classes }],
          step: count++,
          ...SETTINGS,
        });
        return loss;
      } finally {
        images.dispose();
        classes.dispose();
      }
    },
  };
}

const eager = (shape: Shape) =>
  eagerStep(topologyOf(shape.size), { ...shape, classes: CLASSES, ...SETTINGS });

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function timed(step: Step, data: [Uint8Array, Int32Array]): Promise<number> {
  const start = performance.now();
  await step(...data);
  return performance.now() - start;
}

async function compareTimes(): Promise<void> {
  const data = examples(TIME);
  const ours = await engineStep(TIME);
  const theirs = await eager(TIME);
  const times = { ours: [] as number[], theirs: [] as number[] };
  // The first steps of each allocate, and optimise the graph: they are not counted.
  for (let round = -3; round < TIME.rounds; round++) {
    const pair = { ours: await timed(ours.step, data), theirs: await timed(theirs.run, data) };
    if (round < 0) continue;
    times.ours.push(pair.ours);
    times.theirs.push(pair.theirs);
  }
  await ours.close();
  theirs.dispose();
  const ratio = median(times.theirs.map((time, i) => time / times.ours[i]!));
  console.log(`${TIME.size} px, batch ${TIME.batch}, median of ${TIME.rounds} interleaved steps`);
  console.log(`  one graph      ${median(times.ours).toFixed(0)} ms`);
  console.log(`  eager tfjs     ${median(times.theirs).toFixed(0)} ms`);
  console.log(`  eager / graph  ${ratio.toFixed(2)}`);
}

/** Runs a few steps in this process and prints its peak memory in MiB. */
async function measureMemory(who: 'graph' | 'eager'): Promise<void> {
  const data = examples(MEMORY);
  const step: Step = who === 'graph' ? (await engineStep(MEMORY)).step : (await eager(MEMORY)).run;
  for (let i = 0; i < MEMORY.steps; i++) await step(...data);
  console.log(process.resourceUsage().maxRSS / 1024);
}

function compareMemory(): void {
  console.log(
    `${MEMORY.size} px, batch ${MEMORY.batch}, peak memory of a process that does ${MEMORY.steps} steps`,
  );
  for (const who of ['graph', 'eager']) {
    const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), who], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.status !== 0) throw new Error(`The measurement of ${who} failed.`);
    const mebibytes = Number(child.stdout.trim().split('\n').at(-1));
    console.log(
      `  ${(who === 'graph' ? 'one graph' : 'eager tfjs').padEnd(14)} ${(mebibytes / 1024).toFixed(2)} GiB`,
    );
  }
}

const [who] = process.argv.slice(2);
if (who === 'graph' || who === 'eager') {
  await measureMemory(who);
} else {
  const model = cpus()[0]?.model;
  console.log(
    `EfficientNet-B0, one SAM step, float32. ${availableParallelism()} cores (${model}), ` +
      `${(totalmem() / 2 ** 30).toFixed(0)} GiB.`,
  );
  await compareTimes();
  compareMemory();
}
process.exit(0);
