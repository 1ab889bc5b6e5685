/**
 * One SAM step of EfficientNet-B0 at 224 px on 16 images, divided in several ways: time, interleaved, and peak
 * memory, each way in a process of its own.
 *
 *     npm run bench:division
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findBase } from '../models/catalogue/index.js';
import { Model, NO_PREPROCESSING } from '../src/model/index.js';
import { Tensor } from '../src/tensorflow/index.js';
import { Program, planOf, sessionOf } from '../src/train/index.js';

const SIZE = 224;
const BATCH = 16;
const ROUNDS = 5;

interface Way {
  title: string;
  m?: number;
  replicas?: number;
  recompute?: true;
  sam?: false;
}

const WAYS: readonly Way[] = [
  { title: 'whole batch' },
  { title: 'm = 8, two side by side', m: 8, replicas: 2 },
  { title: 'm = 4, four side by side', m: 4, replicas: 4 },
  { title: 'm = 4, two side by side', m: 4, replicas: 2 },
  { title: 'm = 4, one after the other', m: 4, replicas: 1 },
  { title: 'whole batch, --recompute', recompute: true },
  { title: 'whole batch, --sam none', sam: false },
];

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** A process that does one step whenever it is told to, and answers with its time and its peak memory. */
async function child(way: Way): Promise<void> {
  const model = new Model({
    topology: findBase('efficientnet-b0')!.build({
      classes: 100,
      imageSize: SIZE,
      dropout: 0,
      dropConnect: 0,
    }),
    weights: new Map(),
    labels: [],
    preprocessing: NO_PREPROCESSING,
    imageSize: SIZE,
  });
  const plan = planOf({
    batchSize: BATCH,
    accumulate: 1,
    m: way.m ?? 0,
    syncPerturbation: false,
    ...(way.replicas !== undefined && { replicas: way.replicas }),
  });
  const program = Program.create(model, {
    source: { height: SIZE, width: SIZE },
    augmentations: [],
    labelSmoothing: 0,
    optimizer: 'nesterov',
    momentum: 0.9,
    weightDecay: 0,
    ...(way.sam !== false && { sam: { method: 'sam' } }),
    recompute: way.recompute ?? false,
    plan,
    seed: 1,
    session: sessionOf({ precision: 'float32' }, plan),
  });
  await program.start();
  const pixels = Uint8Array.from({ length: BATCH * SIZE * SIZE * 3 }, (_, i) => (i * 89) % 256);
  const images = Tensor.from('uint8', pixels, [BATCH, SIZE, SIZE, 3]);
  const labels = Tensor.from(
    'int32',
    Int32Array.from({ length: BATCH }, (_, i) => i),
  );
  let step = 0;
  process.on('message', async () => {
    const started = performance.now();
    await program.step({ batches: [{ images, labels }], step: step++, learningRate: 0.01, rho: 0.05 });
    process.send!([performance.now() - started, process.resourceUsage().maxRSS * 1024]);
  });
  process.send!('ready');
}

async function ask(worker: ChildProcess): Promise<[milliseconds: number, bytes: number]> {
  worker.send('step');
  const [answer] = await once(worker, 'message');
  return answer as [number, number];
}

async function main(): Promise<void> {
  const [cpu] = cpus();
  console.log(
    `EfficientNet-B0, ${SIZE} px, batch ${BATCH}, float32; ${availableParallelism()} cores (${cpu!.model.trim()}), ` +
      `${(totalmem() / 2 ** 30).toFixed(0)} GiB; median of ${ROUNDS} steps, interleaved`,
  );
  const workers = [];
  for (const [i] of WAYS.entries()) {
    const worker = fork(fileURLToPath(import.meta.url), [String(i)]);
    await once(worker, 'message');
    // The first steps prepare the graph.
    await ask(worker);
    await ask(worker);
    workers.push(worker);
  }
  const times = WAYS.map((): number[] => []);
  const peaks = WAYS.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, worker] of workers.entries()) {
      const [milliseconds, bytes] = await ask(worker);
      times[i]!.push(milliseconds);
      peaks[i] = bytes;
    }
  }
  for (const worker of workers) worker.kill();
  console.log('| | time a step | peak memory | of the whole batch |\n|---|---|---|---|');
  for (const [i, { title }] of WAYS.entries()) {
    const share = `${((100 * median(times[i]!)) / median(times[0]!)).toFixed(0)} %, ${((100 * peaks[i]!) / peaks[0]!).toFixed(0)} %`;
    console.log(
      `| ${title} | ${median(times[i]!).toFixed(0)} ms | ${(peaks[i]! / 2 ** 30).toFixed(2)} GiB | ${share} |`,
    );
  }
}

if (process.argv[2] === undefined) await main();
else await child(WAYS[Number(process.argv[2])]!);
