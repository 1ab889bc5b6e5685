/**
 * One step of each SAM method beside the base optimizer: EfficientNet-Lite0, batch 32, interleaved in one process,
 * medians.
 *
 *     npm run bench:methods            # 64 px
 *     npm run bench:methods -- 96
 */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { findBase } from '../models/catalogue/index.js';
import { Model, NO_PREPROCESSING } from '../src/model/index.js';
import { METHODS, type MethodName, type SamMethod } from '../src/sam/index.js';
import { Tensor } from '../src/tensorflow/index.js';
import { Program, planOf } from '../src/train/index.js';

const SIZE = Number(process.argv[2] ?? 64);
const BATCH = 32;
const ROUNDS = 9;

interface Row {
  title: string;
  method?: MethodName;
  every?: number;
  ascentFraction?: number;
}

const ROWS: readonly Row[] = [
  { title: 'base optimizer' },
  ...(Object.keys(METHODS) as MethodName[]).map((method) => {
    const row: SamMethod = METHODS[method];
    return { title: method, method, ...(row.every !== undefined && { every: row.every }) };
  }),
  { title: 'sam, --ascent-fraction 0.25', method: 'sam', ascentFraction: 0.25 },
  { title: 'norm-only, --ascent-fraction 0.25', method: 'norm-only', ascentFraction: 0.25 },
  ...[3, 4, 5].map((every): Row => ({ title: `sam, --sam-every ${every}`, method: 'sam', every })),
];

const model = new Model({
  topology: findBase('efficientnet-lite0')!.build({ classes: 10, imageSize: SIZE }),
  weights: new Map(),
  labels: [],
  preprocessing: NO_PREPROCESSING,
  imageSize: SIZE,
});
const pixels = Uint8Array.from({ length: BATCH * SIZE * SIZE * 3 }, (_, i) => (i * 89) % 256);
const images = Tensor.from('uint8', pixels, [BATCH, SIZE, SIZE, 3]);
const labels = Tensor.from(
  'int32',
  Int32Array.from({ length: BATCH }, (_, i) => i % 10),
);

const programs = await Promise.all(
  ROWS.map(async ({ method, every = 1, ascentFraction = 1 }) => {
    const program = Program.create(model, {
      source: { height: SIZE, width: SIZE },
      augmentations: ['flip', 'crop'],
      labelSmoothing: 0.1,
      optimizer: 'adamw',
      momentum: 0.9,
      weightDecay: 0.01,
      ...(method && { sam: { method }, samEvery: every, ascentFraction }),
      plan: planOf({ batchSize: BATCH, accumulate: 1, m: 0, syncPerturbation: false }),
      seed: 1,
    });
    await program.start();
    return program;
  }),
);

/** Steps of one round: those between two ascents count as well. */
const stepsOf = ({ every = 1 }: Row) => every;

async function round(row: Row, program: Program, from: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < stepsOf(row); i++) {
    await program.step({ batches: [{ images, labels }], step: from + i, learningRate: 1e-4, rho: 0.05 });
  }
  return (performance.now() - started) / stepsOf(row);
}

const times = ROWS.map((): number[] => []);
// The first rounds prepare the graphs.
for (let n = 0; n < ROUNDS + 2; n++) {
  for (const [i, row] of ROWS.entries()) {
    const time = await round(row, programs[i]!, n * stepsOf(row));
    if (n >= 2) times[i]!.push(time);
  }
}
for (const program of programs) await program.close();
images.dispose();
labels.dispose();

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const [cpu] = cpus();
console.log(
  `EfficientNet-Lite0, ${SIZE} px, batch ${BATCH}, float32; ${availableParallelism()} cores (${cpu!.model.trim()}), ` +
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB; medians of ${ROUNDS} rounds, interleaved`,
);
console.log('| | time a step | of the base optimizer |\n|---|---|---|');
for (const [i, { title }] of ROWS.entries()) {
  const time = median(times[i]!);
  console.log(`| ${title} | ${time.toFixed(0)} ms | ${(time / median(times[0]!)).toFixed(2)} |`);
}
