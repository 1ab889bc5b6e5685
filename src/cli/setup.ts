import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { packageRoot } from '../package-root.js';

const FAILED = 1;

/** Adds `setup`, which has its own options and its own help. */
export function addSetup(program: Command): void {
  program
    .command('setup')
    .summary('provide TensorFlow (--gpu: with CUDA), and check that it works')
    .usage('[options]')
    .argument('[options...]')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (args: string[]) => {
      process.exitCode = await runSetup(args);
    });
}

/** Runs the package's set-up script in a process of its own; gives its exit code. */
function runSetup(args: readonly string[]): Promise<number> {
  // Ctrl-C reaches both processes: set-up tidies up, and this one waits for its exit code.
  const wait = () => {};
  process.on('SIGINT', wait);
  const child = spawn(process.execPath, [join(packageRoot, 'scripts', 'setup.mjs'), ...args], {
    stdio: 'inherit',
  });
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? FAILED));
  }).finally(() => process.off('SIGINT', wait));
}
