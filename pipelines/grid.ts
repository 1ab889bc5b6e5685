import { fork } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { InputError } from 'sam-finetune';

/** The result of a run that is one of many: the file that says it is done. */
const resultFile = (folder: string): string => join(folder, 'result.json');

/** Whether the run in a folder is done. */
export const isDone = (folder: string): boolean => existsSync(resultFile(folder));

/** What a run reached. */
export interface Reached {
  /** Held-out accuracy after the last epoch, 0 to 1. */
  top1: number;
  /** Of training, without evaluation. */
  seconds: number;
}

/**
 * The result of the run in a folder: read where it is done, else trained and kept, so that many runs go on where they were.
 *
 * @param plan what the run is; kept with the result
 * @param train is told whether there is a checkpoint to go on from
 * @throws InputError where the folder has the result of another plan
 */
export async function resultOf<R extends Reached>(
  folder: string,
  plan: object,
  train: (resume: boolean) => Promise<R>,
): Promise<R> {
  if (isDone(folder)) {
    const kept = JSON.parse(readFileSync(resultFile(folder), 'utf8'));
    if (JSON.stringify(kept.plan) === JSON.stringify(plan)) return kept;
    throw new InputError(
      `${folder} has the result of another run: ${JSON.stringify(kept.plan)} where ${JSON.stringify(plan)} is asked for. ` +
        'Take another --out, or remove that folder.',
    );
  }
  const resume = existsSync(join(folder, 'checkpoints/last.safetensors'));
  // Interrupted before its first checkpoint: there is nothing to go on from.
  if (!resume) rmSync(folder, { recursive: true, force: true });
  const result = await train(resume);
  writeWhole(resultFile(folder), { ...result, plan });
  console.error(`${folder}: top-1 ${percent(result.top1)} %, ${Math.round(result.seconds)} s`);
  return result;
}

/** Writes JSON aside and renames it, so that a file that exists is whole. */
export function writeWhole(path: string, value: unknown): void {
  writeFileSync(`${path}.part`, `${JSON.stringify(value)}\n`);
  renameSync(`${path}.part`, path);
}

/** Seconds of training of a run, without evaluation, from what it logged. */
export function trainingSeconds(folder: string): number {
  return readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"event":"epoch"'))
    .reduce((sum, line) => sum + JSON.parse(line).seconds, 0);
}

/** Steps that a time is the mean of: some methods ascend in some of them only. */
const BLOCK = 10;

/**
 * Seconds an image of training takes, from what a run logged: the median of the means over ten steps each, so that a
 * machine that was busy for a while does not count.
 */
export function secondsAnImage(folder: string): number {
  const times = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"event":"step"'))
    .map((line) => 1 / JSON.parse(line).imagesPerSecond);
  const blocks = Array.from({ length: Math.ceil(times.length / BLOCK) }, (_, i) =>
    mean(times.slice(i * BLOCK, (i + 1) * BLOCK)),
  );
  return blocks.toSorted((a, b) => a - b)[Math.floor(blocks.length / 2)]!;
}

/**
 * Runs a program once for each list of arguments, `jobs` of them side by side, each with one thread: together they do more
 * steps than one after the other with all cores.
 *
 * @throws Error for the first that fails; those under way are stopped
 */
export async function sideBySide(program: string, runs: readonly string[][], jobs: number): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const queue = new PQueue({ concurrency: jobs });
  const env = { ...process.env, TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };
  const one = (args: string[]) =>
    new Promise<void>((resolve, reject) => {
      const child = fork(program, args, { env, signal });
      child.once('error', reject);
      child.once('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`${args.join(' ')}: ended with ${code}.`));
      });
    });
  try {
    await Promise.all(runs.map((args) => queue.add(() => one(args))));
  } finally {
    queue.clear();
    controller.abort();
  }
}

/** In a run that {@link sideBySide} started: ends it where its parent is gone. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit(1));
  // Listening alone would keep the run from ending.
  process.channel?.unref();
}

/** A whole number of 1 or more. */
export function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InputError(`Expected a whole number of 1 or more for ${flag}, received '${text}'.`);
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

/** Mean and sample standard deviation of shares, in per cent. */
export function summary(shares: readonly number[]): string {
  const center = mean(shares);
  if (shares.length === 1) return percent(center);
  const variance = shares.reduce((sum, each) => sum + (each - center) ** 2, 0) / (shares.length - 1);
  return `${percent(center)} ± ${percent(Math.sqrt(variance))}`;
}

export function percent(share: number): string {
  return (100 * share).toFixed(1);
}
