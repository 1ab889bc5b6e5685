import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DECODERS } from '../../src/data/decode/index.js';
import { packageRoot } from '../../src/package-root.js';
import type { Job } from './job.js';
import { type Environment, pythonWith, TENSORFLOW, TORCH } from './python.js';
import type { Command } from './rounds.js';

/** A program of the benchmark. */
export interface Contestant {
  title: string;
  /** Others are put in proportion to it, under this name. */
  reference?: string;
  /** Whether it can change colours as well. */
  augments: boolean;
  /** @throws Error that says what is missing */
  command(job: Job): Promise<Command>;
}

/** The contestants, in the order of their turns. */
export const CONTESTANTS: readonly Contestant[] = [
  ...Object.keys(DECODERS).map(
    (decoder): Contestant => ({
      title: `sam-finetune, ${decoder}`,
      augments: true,
      command: (job) => node('pipeline', decoder, job),
    }),
  ),
  ...[4, 8].map(
    (inFlight): Contestant => ({
      title: `sharp alone, ${inFlight} in flight`,
      reference: 'sharp alone',
      augments: false,
      command: (job) => node('sharp-loop', String(inFlight), job),
    }),
  ),
  {
    title: 'PyTorch, DataLoader',
    reference: 'PyTorch',
    augments: true,
    command: (job) => python('torch_loader', TORCH, job),
  },
  {
    title: 'TensorFlow, tf.data',
    reference: 'tf.data',
    augments: false,
    command: (job) => python('tf_data', TENSORFLOW, job),
  },
];

/** This file's own ending: the programs beside it are compiled, or not, as it is. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

async function node(program: string, argument: string, job: Job): Promise<Command> {
  const path = fileURLToPath(new URL(`${program}${EXTENSION}`, import.meta.url));
  return {
    program: process.execPath,
    args: [...process.execArgv, path, argument, JSON.stringify(job)],
    // As the command line sets it: decodes and reads happen in it.
    env: { UV_THREADPOOL_SIZE: String(Math.max(4, job.workers + 2)) },
  };
}

async function python(program: string, environment: Environment, job: Job): Promise<Command> {
  return {
    program: await pythonWith(environment),
    args: [join(packageRoot, 'bench', 'data', `${program}.py`), JSON.stringify(job)],
    env: { TF_CPP_MIN_LOG_LEVEL: '3', PYTHONPATH: '', CUDA_VISIBLE_DEVICES: '' },
  };
}
