/**
 * Images a second from JPEG files to batches: our pipeline beside PyTorch's DataLoader, tf.data and sharp alone, on the
 * same files, cores and crop, each a process of its own, in turns.
 *
 *     npm run bench:data
 *     npm run bench:data -- --photos FOLDER --rounds 9 --figure large --json
 *
 * Python's packages are installed once, into the cache: 6 GB. What cannot be installed is left out, by name.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/package-root.js';
import { cacheDirectory } from '../src/tensorflow/locate.js';
import { CONTESTANTS, type Contestant } from './data/contestants.js';
import type { Job } from './data/job.js';
import { LARGE, makePhotographs, type Photographs, SMALL } from './data/photographs.js';
import { type Contender, type Round, startContender } from './data/rounds.js';
import { type Reference, type Result, rate, ratio, table } from './data/table.js';

interface Figure {
  title: string;
  photographs: Photographs;
  augmented: boolean;
}

const FIGURES: Readonly<Record<string, Figure>> = {
  small: {
    title: 'Photographs of 500 x 375, random resized crop to 224 px',
    photographs: SMALL,
    augmented: false,
  },
  large: {
    title: 'Photographs of 4,000 x 3,000, random resized crop to 224 px',
    photographs: LARGE,
    augmented: false,
  },
  augmented: {
    title: 'Photographs of 500 x 375, random resized crop to 224 px, flip, colour jitter, RandAugment',
    photographs: SMALL,
    augmented: true,
  },
};

const BATCH = 32;
/** Batches that each of PyTorch's workers has in a pass, at least: a worker decodes whole batches. */
const BATCHES_A_WORKER = 2;

const { values: options } = parseArgs({
  options: {
    photos: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    figure: { type: 'string', multiple: true, default: Object.keys(FIGURES) },
    workers: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'boolean', default: false },
  },
});
const [workers, rounds] = [Number(options.workers), Number(options.rounds)];
const from =
  options.photos ??
  join(process.env.SAM_FINETUNE_TEST_DATA ?? join(packageRoot, '..', 'shared', 'data'), 'photos');

const note = (text: string) => process.stderr.write(`${text}\n`);

/** Starts the contestants one by one, and lets each pass over the photographs, round after round. */
async function run({ photographs, augmented }: Figure): Promise<Result[]> {
  const folder = await makePhotographs(photographs, { from, into: join(cacheDirectory(), 'bench-photos') });
  const needed = (BATCHES_A_WORKER * workers * BATCH) / photographs.count;
  const job: Job = {
    ...{ folder, repeats: Math.max(4, Math.ceil(needed)) },
    ...{ batchSize: BATCH, imageSize: 224, workers, augmented },
  };
  const entrants: Entrant[] = [];
  try {
    for (const { title, augments, command } of CONTESTANTS) {
      if (augmented && !augments) continue;
      note(`starting ${title}`);
      const entrant: Entrant = { title, rounds: [] };
      entrants.push(entrant);
      await attempt(entrant, async () => {
        entrant.contender = await startContender(await command(job));
        entrant.about = entrant.contender.about;
      });
    }
    for (let round = 1; round <= rounds; round++) {
      note(`round ${round} of ${rounds}`);
      for (const entrant of entrants)
        await attempt(entrant, async ({ contender }) => {
          if (contender) entrant.rounds.push(await contender.round());
        });
    }
  } finally {
    for (const { contender } of entrants) await contender?.stop();
  }
  return entrants.map(({ contender, ...result }) => result);
}

interface Entrant extends Result {
  rounds: Round[];
  contender?: Contender;
}

/** Whoever fails is left out from then on, and the others go on. */
async function attempt(entrant: Entrant, act: (entrant: Entrant) => Promise<void>): Promise<void> {
  if (entrant.missing !== undefined) return;
  try {
    await act(entrant);
  } catch (error) {
    entrant.missing = (error as Error).message;
    note(`without ${entrant.title}: ${entrant.missing}`);
  }
}

/** The contestants that others are put in proportion to: the fastest under each name. */
function referencesAmong(results: readonly Result[]): Reference[] {
  const known = (title: string) => CONTESTANTS.find((row) => row.title === title) as Contestant;
  const fastest = new Map<string, Result>();
  for (const result of results) {
    const { reference } = known(result.title);
    if (reference === undefined || result.missing !== undefined) continue;
    const other = fastest.get(reference);
    if (!other || rate(other) < rate(result)) fastest.set(reference, result);
  }
  return [...fastest].map(([title, result]) => ({ title, result }));
}

const [cpu] = cpus();
const machine = {
  cores: availableParallelism(),
  cpu: cpu!.model.trim(),
  gibibytes: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  /** Of what else runs: on a busy machine a rate is a share, and processor time says more. */
  load: loadavg()[0]!,
};
const print = (text: string) => {
  if (!options.json) console.log(text);
};
print(
  `${machine.cores} cores (${machine.cpu}), ${machine.gibibytes} GiB, Node ${machine.node}; batches of ${BATCH}, ` +
    `${workers} workers; medians of ${rounds} rounds, in turns; load before: ${machine.load.toFixed(1)}`,
);
const figures = [];
for (const name of options.figure) {
  const figure = FIGURES[name];
  if (!figure)
    throw new Error(`Expected one of ${Object.keys(FIGURES).join(', ')} for --figure, received ${name}.`);
  const results = await run(figure);
  const references = referencesAmong(results);
  print(`\n${figure.title}\n\n${table(results, references)}\n`);
  for (const { title, missing } of results) if (missing) print(`${title} is missing: ${missing}`);
  for (const about of new Set(results.map((result) => result.about))) if (about) print(about);
  figures.push({
    ...{ name, ...figure },
    results: results.map((result) => ({
      ...result,
      ...(result.missing === undefined && {
        imagesPerSecond: rate(result),
        ratios: Object.fromEntries(
          references.map(({ title, result: other }) => [title, ratio(result, other)]),
        ),
      }),
    })),
  });
}
if (options.json)
  console.log(JSON.stringify({ ...machine, workers, rounds, batchSize: BATCH, figures }, null, 2));
