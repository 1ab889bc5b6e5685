import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { BASES } from '../../models/catalogue/index.js';
import { TASKS } from '../../src/data/tasks/index.js';
import { packageVersion } from '../../src/package-root.js';
import { locateTensorFlow } from '../../src/tensorflow/locate.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { answer } from './answer.js';
import { compile, run } from './command.js';

const { path: cwd, write } = temporaryFolder();

beforeAll(compile);

interface Doctor {
  ok: boolean;
  versions: Record<string, string>;
  tensorflow: {
    works: boolean;
    source: string | null;
    problem?: string;
    devices: { type: string; memoryBytes: number }[];
  };
  threads: { cores: number; uvThreadpoolSize: number };
  cache: { directory: string; bytes: number };
  missing: { what: string; fix: string }[];
}

test('doctor reports a machine that works', async () => {
  const { code, stdout, stderr } = await run(['doctor', '--json'], { cwd, env: { UV_THREADPOOL_SIZE: '7' } });
  const report = JSON.parse(stdout) as Doctor;
  expect([code, stderr, report.ok]).toEqual([0, '', true]);
  expect(report.versions).toMatchObject({ 'sam-finetune': packageVersion, node: process.versions.node });
  for (const version of Object.values(report.versions)) expect(version).toMatch(/^\d+\.\d+/);
  expect(report.tensorflow.works).toBe(true);
  expect(['environment', 'cache', 'python', 'download']).toContain(report.tensorflow.source);
  expect(report.tensorflow.devices[0]).toMatchObject({ type: 'CPU' });
  expect(report.tensorflow.devices[0]!.memoryBytes).toBeGreaterThan(1e9);
  expect(report.threads.uvThreadpoolSize).toBe(7);
});

test('the thread pool has two threads more than cores, and four at least, unless it is set', async () => {
  // An empty cache is measured sooner than a full one.
  const env = {
    UV_THREADPOOL_SIZE: '',
    SAM_FINETUNE_CACHE: join(cwd, 'empty'),
    SAM_FINETUNE_TENSORFLOW: locateTensorFlow().directory,
  };
  const { stdout } = await run(['doctor'], { cwd, env });
  expect(stdout).toMatch(/works +yes, it computes/);
  const [, cores] = /cores +(\d+)$/m.exec(stdout)!;
  const [, threads] = /decoding and files +(\d+) \(UV_THREADPOOL_SIZE\)$/m.exec(stdout)!;
  expect(Number(threads)).toBe(Math.max(4, Number(cores) + 2));
});

test('doctor says what is missing and the command that provides it, with exit code 1', async () => {
  const env = { SAM_FINETUNE_CACHE: join(cwd, 'empty'), SAM_FINETUNE_TENSORFLOW: '' };
  const { code, stdout } = await run(['doctor', '--json'], { cwd, env });
  const { ok, tensorflow, cache, missing } = JSON.parse(stdout) as Doctor;
  expect([code, ok, tensorflow.works]).toEqual([1, false, false]);
  expect(tensorflow.problem).toMatch(/not set up/);
  expect(cache).toEqual({ directory: join(cwd, 'empty'), bytes: 0 });
  expect(missing[0]).toMatchObject({
    what: expect.stringMatching(/TensorFlow/),
    fix: expect.stringMatching(/setup/),
  });
});

test('doctor outlives a TensorFlow that cannot be loaded', async () => {
  const suffix = process.platform === 'darwin' ? '2.dylib' : 'so.2';
  for (const name of ['cc', 'framework']) write(`libtensorflow_${name}.${suffix}`, 'not a library');
  const env = { SAM_FINETUNE_CACHE: join(cwd, 'empty'), SAM_FINETUNE_TENSORFLOW: cwd };
  const { code, stdout } = await run(['doctor'], { cwd, env });
  expect(code).toBe(1);
  expect(stdout).toMatch(/works +no: .*shared library/);
  expect(stdout).toMatch(/^Missing\n {2}TensorFlow.*\n.*SAM_FINETUNE_TENSORFLOW/m);
});

test('bases and tasks list every row of their tables, for people and as JSON', async () => {
  for (const [command, names] of [
    ['bases', BASES.map(({ name }) => name)],
    ['tasks', Object.keys(TASKS)],
  ] as const) {
    const [text, json] = [await answer([command], { cwd }), await answer([command, '--json'], { cwd })];
    for (const name of names) expect(text.stdout).toMatch(new RegExp(`^${name}\\b`, 'm'));
    expect((JSON.parse(json.stdout) as { name: string }[]).map(({ name }) => name)).toEqual(names);
    expect([text.code, text.stderr, json.code, json.stderr]).toEqual([0, '', 0, '']);
  }
});

test('setup passes its options on, and its exit code back', async () => {
  const help = await run(['setup', '--help'], { cwd });
  expect(help.code).toBe(0);
  expect(help.stdout).toContain('--gpu');
  const wrong = await run(['setup', '--no-such-option'], { cwd });
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain('--no-such-option');
});

test('help and version go to standard output; no arguments at all are answered with help', async () => {
  const [version, help, nothing] = [
    await run(['--version'], { cwd }),
    await answer(['--help'], { cwd }),
    await run([], { cwd }),
  ];
  expect(version).toEqual({ code: 0, stdout: `${packageVersion}\n`, stderr: '' });
  expect([help.code, help.stderr]).toEqual([0, '']);
  for (const command of ['train', 'evaluate', 'predict', 'export', 'bases', 'tasks', 'doctor', 'setup'])
    expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  const train = await answer(['help', 'train'], { cwd });
  expect([train.code, train.stdout]).toEqual([0, (await answer(['train', '--help'], { cwd })).stdout]);
  expect([nothing.code, nothing.stdout, nothing.stderr]).toEqual([2, '', help.stdout]);
});
