import type { Command } from 'commander';
import { shortName } from './devices.js';
import type { EngineReport } from './doctor/engine.js';
import { examine, type Report } from './doctor/report.js';
import { bytes, facts, print, printJson } from './output.js';

const FAILED = 1;

/** Adds `doctor`. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('check this machine: versions, TensorFlow, devices, what is missing')
    .description(
      'Tells versions, where TensorFlow came from and whether it works, devices, threads, and what is missing.',
    )
    .option('--json', 'print one JSON document', false)
    .action(async ({ json }: { json: boolean }) => {
      const report = await examine();
      if (json) printJson(report);
      else print(written(report));
      process.exitCode = report.ok ? 0 : FAILED;
    });
}

function written({ versions, tensorflow, threads, addon, tools, cache, missing }: Report): string {
  const { cores, uvThreadpoolSize, intraOp, interOp } = threads;
  const unknown = 'not found';
  const listed = Object.entries(versions).map(([name, version]) => [name, version ?? unknown]);
  const sections = [
    section('Versions', Object.fromEntries(listed)),
    section('TensorFlow', engineFacts(tensorflow)),
    section('Threads', {
      cores: String(cores),
      'inside an operation': String(intraOp),
      'operations at once': String(interOp),
      'decoding and files': `${uvThreadpoolSize} (UV_THREADPOOL_SIZE)`,
    }),
    section('Tools', {
      'tfjs-node-gpu addon': addon.built ? 'built' : `missing: ${addon.reason}`,
      'C++ compiler': tools.compiler ?? unknown,
      make: tools.make ?? unknown,
      python3: tools.python ?? unknown,
      pip: tools.pip ?? unknown,
      cache: `${cache.directory}, ${bytes(cache.bytes)}`,
    }),
  ];
  const todo = missing.map(({ what, fix }) => `  ${what}:\n    ${fix}`);
  const verdict = todo.length > 0 ? ['Missing', ...todo].join('\n') : 'Nothing is missing.';
  return [...sections, verdict].join('\n\n');
}

function engineFacts({
  works,
  source,
  directory,
  gpu,
  devices,
  problem,
}: EngineReport): Record<string, string> {
  return {
    works: works ? 'yes, it computes' : `no: ${problem}`,
    ...(directory && { from: `${source}, ${directory}`, build: gpu ? 'GPU' : 'CPU' }),
    ...Object.fromEntries(
      devices.map((device) => [shortName(device), `${bytes(device.memoryBytes)} of memory`]),
    ),
  };
}

const section = (title: string, entries: Readonly<Record<string, string>>): string =>
  `${title}\n${facts(entries).replaceAll(/^/gm, '  ')}`;
