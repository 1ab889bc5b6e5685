import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../src/tensorflow/locate.js';

const run = promisify(execFile);

/** Packages of a virtual environment. */
export interface Environment {
  /** What it is for, for messages. */
  name: string;
  packages: readonly string[];
  /** Whether the packages are all there is to install: what they ask for besides is left out. */
  complete?: boolean;
  /** Names a Python that has them already. */
  variable?: string;
}

/** PyTorch for Linux on x64 is linked against all of these, and starts without none of them, on a CPU as well. */
const CUDA =
  process.platform === 'linux'
    ? [
        'nvidia-cublas==13.4.1.3',
        'nvidia-cuda-cupti==13.2.86',
        'nvidia-cuda-nvrtc==13.2.86',
        'nvidia-cuda-runtime==13.2.86',
        'nvidia-cudnn-cu13==9.26.0.51',
        'nvidia-cufft==12.2.0.57',
        'nvidia-cufile==1.17.1.22',
        'nvidia-cusolver==12.2.0.11',
        'nvidia-cusparse==12.7.10.12',
        'nvidia-cusparselt-cu13==0.8.1',
        'nvidia-nccl-cu13==2.30.7',
        'nvidia-nvjitlink==13.5.37',
        'nvidia-nvshmem-cu13==3.7.2',
      ]
    : [];

/** PyTorch with all that importing it and torchvision needs: 4.2 GB on Linux. */
export const TORCH: Environment = {
  name: 'PyTorch',
  packages: [
    'torch==2.15.0',
    'torchvision==0.29.2',
    'pillow==13.0.0',
    'numpy==2.4.6',
    'filelock==4.3.1',
    'fsspec==2026.9.0',
    'jinja2==3.1.6',
    'markupsafe==3.0.4',
    'mpmath==1.3.0',
    'networkx==3.6.1',
    'sympy==1.14.0',
    'typing_extensions==4.16.0',
    ...CUDA,
  ],
  complete: true,
  variable: 'SAM_FINETUNE_TEST_TORCH',
};

/** The TensorFlow that set-up takes, as a package of Python. */
export const TENSORFLOW: Environment = {
  name: 'TensorFlow',
  packages: ['tensorflow-cpu==2.21.0', 'numpy==2.4.6'],
};

/**
 * Python with packages, in a virtual environment of its own that is made once in the cache.
 *
 * @returns path of its interpreter
 * @throws Error that says what is missing
 */
export async function pythonWith({ name, packages, complete, variable }: Environment): Promise<string> {
  const given = variable && process.env[variable];
  if (given) return given;
  const key = createHash('sha256').update(packages.join()).digest('hex').slice(0, 12);
  const folder = join(cacheDirectory(), 'bench-python', key);
  const path = join(folder, 'bin', 'python');
  if (existsSync(path)) return path;
  await run('python3', ['--version']).catch(() => {
    throw new Error('no python3');
  });
  // Made aside and renamed: what is there is whole.
  const aside = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', aside]).catch(() => {
      throw new Error('python3 without venv or pip');
    });
    const options = ['--quiet', '--disable-pip-version-check', '--no-cache-dir', '--no-compile'];
    const install = ['-m', 'pip', 'install', ...options, ...(complete ? ['--no-deps'] : []), ...packages];
    await run(join(aside, 'bin', 'python'), install).catch(({ stderr }: { stderr?: string }) => {
      const [reason] = stderr?.split('\n').filter((line) => line.startsWith('ERROR')) ?? [];
      throw new Error(`pip cannot install ${name}${reason ? `: ${reason}` : ''}`);
    });
    renameSync(aside, folder);
    return path;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
