/**
 * How long tfjs takes in Node for one model in its two formats: as layers, and as a graph that is folded and fused; in turns.
 *
 *     npm run bench:exports
 *     npm run bench:exports -- --base efficientnet-b0:none --batch 8 --rounds 15
 *     npm run bench:exports -- --beside FOLDER    # a graph model of the same network by another program, in the same turns
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exportModel } from '../src/export/index.js';
import { openTfjs } from '../src/export/open-tfjs.js';
import { startInference } from '../src/model/inference.js';
import { importBase } from '../src/weights/import-base.js';

const { values: options } = parseArgs({
  options: {
    base: { type: 'string', multiple: true, default: ['efficientnet-lite0'] },
    batch: { type: 'string', multiple: true, default: ['1', '8'] },
    beside: { type: 'string' },
    rounds: { type: 'string', default: '15' },
  },
});
const rounds = Number(options.rounds);

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const cores = `${availableParallelism()} cores (${cpus()[0]!.model.trim()})`;
const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
console.log(
  `${cores}, ${memory}, Node ${process.version}; medians of ${rounds} rounds, in turns; load before: ${loadavg()[0]!.toFixed(1)}`,
);
const folder = mkdtempSync(join(tmpdir(), 'sam-finetune-exports-'));
try {
  for (const name of options.base) {
    const base = await importBase(name);
    // Weights that are to be drawn are drawn.
    const engine = await startInference(base, { seed: 1 });
    const model = base.with({ weights: await engine.variables.values(engine.session) });
    await engine.close();
    const entrants = await Promise.all(
      (['tfjs-layers', 'tfjs-graph'] as const).map(async (format) => {
        const out = join(folder, `${name.replace(/\W/g, '-')}-${format}`);
        await exportModel(model, { format, out });
        const load = format === 'tfjs-graph' ? 'loadGraphModel' : 'loadLayersModel';
        return { title: format as string, opened: await openTfjs(out, load), times: [] as number[] };
      }),
    );
    if (options.beside !== undefined) {
      const opened = await openTfjs(options.beside, 'loadGraphModel');
      entrants.push({ title: options.beside, opened, times: [] });
    }
    for (const batch of options.batch.map(Number)) {
      const shape = [batch, model.imageSize, model.imageSize, 3] as const;
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => (i * 37) % 251);
      for (const entrant of entrants) {
        entrant.times = [];
        await entrant.opened.run({ data, shape });
      }
      for (let round = 0; round < rounds; round++)
        for (const { opened, times } of entrants) {
          const started = performance.now();
          await opened.run({ data, shape });
          times.push(performance.now() - started);
        }
      const graph = median(entrants[1]!.times);
      const each = entrants.map(({ title, times }) => {
        const own = median(times);
        return `${title} ${own.toFixed(1)} ms${own === graph ? '' : ` (the graph is ${(own / graph).toFixed(2)} times as fast)`}`;
      });
      console.log(`${name}, ${model.imageSize} px, batch ${batch}: ${each.join('; ')}`);
    }
    for (const { opened } of entrants) await opened.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
// Otherwise koffi's threads and the sessions would keep it alive.
process.exit();
