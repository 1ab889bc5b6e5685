import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonWith, TORCH } from '../../../bench/data/python.js';
import { cacheDirectory } from '../../../src/tensorflow/locate.js';
import { fullRun } from '../../full-run.js';
import { type Python, parityPython, runPython } from '../keras/python.js';

/** timm and what loads its files; they ask for PyTorch, which is another environment's. */
const TIMM = ['timm==1.0.31', 'safetensors==0.8.0', 'pyyaml==6.0.4'];

/** A Python with PyTorch, and a folder of further packages for it. */
export type TimmPython = Python & { packages?: string };

/**
 * Python with PyTorch and timm: the one that SAM_FINETUNE_TEST_TORCH names, or that of the benchmarks with timm beside it. As
 * PyTorch takes gigabytes, it is fetched for a full run only.
 */
export async function timmPython(): Promise<TimmPython> {
  if (process.env.SAM_FINETUNE_TEST_TORCH) return { path: process.env.SAM_FINETUNE_TEST_TORCH };
  if (!fullRun && !hasTorch()) return { missing: 'no PyTorch: a full run fetches it' };
  const timm = await parityPython(TIMM, { complete: true });
  if (timm.path === undefined) return timm;
  try {
    const path = await pythonWith(TORCH);
    return { path, packages: sitePackages(timm.path) };
  } catch (error) {
    if (process.env.CI) throw error;
    return { missing: (error as Error).message };
  }
}

/** Whether the benchmarks have fetched PyTorch already. */
function hasTorch(): boolean {
  const folder = join(cacheDirectory(), 'bench-python');
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((name) => {
    const python = join(folder, name, 'bin', 'python');
    return existsSync(python) && existsSync(join(sitePackages(python), 'torch'));
  });
}

function sitePackages(python: string): string {
  const lib = join(dirname(dirname(python)), 'lib');
  const version = readdirSync(lib).find((name) => /^python3/.test(name)) as string;
  return join(lib, version, 'site-packages');
}

/** Runs a script of this folder with it. */
export function runTimm(python: TimmPython, script: string, args: readonly string[]): Promise<void> {
  return runPython(python.path as string, script, args, { packages: python.packages });
}
