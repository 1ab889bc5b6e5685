import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../../src/tensorflow/locate.js';

const run = promisify(execFile);

/** What the reference values are computed by: Keras 3, and Keras 2 as its last package has it. */
const PACKAGES = [
  'tensorflow-cpu==2.21.0',
  'keras==3.15.1',
  'tf_keras==2.21.0',
  'h5py==3.14.0',
  'numpy==2.4.6',
];
const MAXIMUM_OUTPUT = 64 * 2 ** 20;

/** Python with the packages, or why there is none. */
export type Python = { path: string; missing?: undefined } | { path?: undefined; missing: string };

/**
 * Python with some packages in a virtual environment of its own, made once in the cache. Without python3, its venv, or pip
 * the tests are skipped; where packages cannot be had they are skipped as well, except in CI.
 *
 * @param options.complete whether the packages are all there is to install: what they ask for besides is left out
 */
export async function parityPython(
  packages: readonly string[] = PACKAGES,
  { complete = false }: { complete?: boolean } = {},
): Promise<Python> {
  const key = createHash('sha256').update(packages.join()).digest('hex').slice(0, 12);
  const folder = join(cacheDirectory(), 'parity-python', key);
  const path = join(folder, 'bin', 'python');
  if (existsSync(path)) return { path };
  const version = await run('python3', ['--version']).catch(() => undefined);
  if (version === undefined) return { missing: 'no python3' };
  // Made aside and renamed: what is there is whole. Whoever comes second uses what is there.
  const aside = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    const made = await run('python3', ['-m', 'venv', aside]).catch(() => undefined);
    if (made === undefined) return { missing: 'python3 without venv or pip' };
    const python = join(aside, 'bin', 'python');
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      ...(complete ? ['--no-deps'] : []),
      ...packages,
    ];
    await run(python, install, { maxBuffer: MAXIMUM_OUTPUT });
    if (!existsSync(folder)) renameSync(aside, folder);
    return { path };
  } catch (error) {
    if (existsSync(path)) return { path };
    if (process.env.CI) throw error;
    return { missing: `pip cannot install ${packages[0]}` };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/**
 * Runs a Python script, quietly; it fails with what the script printed.
 *
 * @param options.packages a folder of packages beside those that the Python has
 */
export async function runPython(
  python: string,
  script: string,
  args: readonly string[],
  { packages = '' }: { packages?: string } = {},
): Promise<void> {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', PYTHONPATH: packages };
  await run(python, [script, ...args], { env, maxBuffer: MAXIMUM_OUTPUT });
}
