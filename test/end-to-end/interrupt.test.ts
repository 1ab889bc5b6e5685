import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { compile, QUICK, run, start } from './command.js';

const { path: cwd } = temporaryFolder();
const EPOCHS = 2;
const STEPS = EPOCHS * 4;

beforeAll(compile);

interface Event {
  event: string;
  step: number;
}

function events(out: string): Event[] {
  const file = join(cwd, out, 'metrics.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Event);
}

async function firstStep(out: string): Promise<void> {
  while (events(out).length === 0) await sleep(20);
}

test('Ctrl-C stops after the step with 130 and a checkpoint, and the command that it prints goes on to the end', async () => {
  const out = 'stopped here';
  const { child, ended } = start([...QUICK, '--epochs', String(EPOCHS), '--out', out], { cwd });
  await firstStep(out);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect([code, stdout]).toEqual([130, '']);
  expect(existsSync(join(cwd, out, 'checkpoints', 'last.safetensors'))).toBe(true);
  const [, step, command] =
    /Stopped after step (\d+) of 8, with a checkpoint\. Go on with:\n {2}(.+)\n$/.exec(stderr)!;
  expect(Number(step)).toBe(events(out).at(-1)!.step);
  expect(Number(step)).toBeLessThan(STEPS);

  // Options of another run are refused; those of this one need not be repeated.
  const other = await run(['--resume', '--out', out, '--epochs', '7'], { cwd });
  expect(other.code).toBe(2);
  expect(other.stderr).toMatch(
    /^error: The run in stopped here was started with --epochs 2, received --epochs 7\. .*--resume/,
  );

  const { INIT_CWD: _, ...env } = process.env;
  const resumed = execFileSync('sh', ['-c', command!], { cwd, encoding: 'utf8', env, stdio: 'pipe' });
  expect(resumed).toMatch(/^Held-out top-1 [\d.]+ % on 359 images \(epoch [12]\)/);
  const steps = events(out).flatMap((entry) => (entry.event === 'step' ? [entry.step] : []));
  expect(steps).toEqual(Array.from({ length: STEPS }, (__, i) => i + 1));
});

test('SIGTERM and a second signal end it with 130 as well', async () => {
  const { child, ended } = start([...QUICK, '--epochs', '50', '--out', 'terminated'], { cwd });
  await firstStep('terminated');
  child.kill('SIGTERM');
  await sleep(5);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(130);
});
