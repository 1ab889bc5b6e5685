import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

/** The real command. */
export const BIN = join(packageRoot, 'bin', 'sam-finetune.cjs');

/** A training of some seconds that needs no network. */
export const QUICK = [
  ...['--base', 'efficientnet-lite0', '--weights', 'none', '--task', 'digits', '--limit', '64'],
  ...['--image-size', '32', '--batch-size', '16'],
] as const;

/** How a command ended. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd: string;
  env?: Record<string, string>;
}

/** Compiles the sources where one is newer than what was compiled. Called before the first command of a test file. */
export function compile(): void {
  const compiled = statSync(join(packageRoot, 'dist', 'src', 'cli', 'main.js'), { throwIfNoEntry: false });
  const newest = Math.max(
    ...['src', 'models', 'pipelines', 'tsconfig.build.json'].map((path) => changed(join(packageRoot, path))),
  );
  if (compiled && compiled.mtimeMs > newest) return;
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const tsc = ['bin/tsc', 'bin/tsc.js'].map((file) => join(typescript, file)).find(existsSync)!;
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: packageRoot, stdio: 'inherit' });
}

function changed(path: string): number {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))));
}

/** Starts the command; `ended` settles when it has. */
export function start(
  args: readonly string[],
  { cwd, env = {} }: CommandOptions,
): { child: ChildProcess; ended: Promise<Outcome> } {
  // What npm and this test run set for themselves is not what a user's shell has.
  const { INIT_CWD: _, DEBUG: __, NODE_OPTIONS: ___, ...inherited } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { ...inherited, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

/** What was said without the lines that tell every ten seconds how far an evaluation has come. */
export const quiet = (stderr: string) => stderr.replaceAll(/^Evaluating .*\n/gm, '');

/** Runs the command to its end. */
export const run = (args: readonly string[], options: CommandOptions): Promise<Outcome> =>
  start(args, options).ended;
