import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isDone, resultOf, secondsAnImage, sideBySide, summary, wholeNumber } from '../../pipelines/grid.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grid-'));
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe('the result of a run', () => {
  const train = vi.fn(async () => ({ top1: 0.1, seconds: 1 }));

  test('is trained once, and read from then on', async () => {
    const run = join(folder, 'run');
    const making = vi.fn(async () => {
      mkdirSync(run);
      return { top1: 0.5, seconds: 3 };
    });
    expect(isDone(run)).toBe(false);
    expect(await resultOf(run, { seed: 1 }, making)).toMatchObject({ top1: 0.5 });
    expect(isDone(run)).toBe(true);
    expect(await resultOf(run, { seed: 1 }, train)).toMatchObject({ top1: 0.5, seconds: 3 });
    expect(making).toHaveBeenCalledOnce();
    expect(train).not.toHaveBeenCalled();
  });

  test('of another plan is refused, by both plans', async () => {
    writeFileSync(join(folder, 'result.json'), JSON.stringify({ top1: 1, seconds: 1, plan: { epochs: 1 } }));
    await expect(resultOf(folder, { epochs: 10 }, train)).rejects.toThrow(
      /has the result of another run: \{"epochs":1\} where \{"epochs":10\} is asked for/,
    );
  });
});

describe('runs side by side', () => {
  const program = () => {
    const file = join(folder, 'program.mjs');
    writeFileSync(
      file,
      `import { appendFileSync, readFileSync } from 'node:fs';
       const [name, log, others] = process.argv.slice(2);
       appendFileSync(log, name + ' starts ' + process.env.TF_NUM_INTRAOP_THREADS + '\\n');
       const started = () => readFileSync(log, 'utf8').split(' starts ').length - 1;
       for (let i = 0; i < 3000 && started() < Number(others); i++)
         await new Promise((resolve) => setTimeout(resolve, 10));
       appendFileSync(log, name + ' ends\\n');
       if (name === 'bad') process.exit(3);`,
    );
    return file;
  };

  test('are as many at once as asked for, each with one thread', async () => {
    const log = join(folder, 'log');
    await sideBySide(
      program(),
      ['a', 'b', 'c'].map((name) => [name, log, '2']),
      2,
    );
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines.slice(0, 2).toSorted()).toEqual(['a starts 1', 'b starts 1']);
    expect(lines[2]).toMatch(/^[ab] ends$/);
  });

  test('end with the first that fails, by its arguments and exit code', async () => {
    const log = join(folder, 'log');
    const runs = ['bad', 'b', 'c', 'd'].map((name) => [name, log, '1']);
    await expect(sideBySide(program(), runs, 1)).rejects.toThrow(`bad ${log} 1: ended with 3.`);
    expect(readFileSync(log, 'utf8')).not.toContain('c starts');
  });
});

test('mean and sample standard deviation, in per cent', () => {
  expect(summary([0.7])).toBe('70.0');
  expect(summary([0.7, 0.72, 0.74])).toBe('72.0 ± 2.0');
});

test('a count that is none is refused by its flag', () => {
  expect(wholeNumber('--seeds', '3')).toBe(3);
  for (const text of ['0', '1.5', 'many', '-1'])
    expect(() => wholeNumber('--seeds', text)).toThrow(`1 or more for --seeds, received '${text}'`);
});

test('the time of an image is that of ten steps where the machine was not busy', () => {
  // Every fifth step takes three times as long; one block of ten was disturbed.
  const steps = Array.from({ length: 50 }, (_, i) => (i % 5 === 0 ? 3 : 1) * (i >= 20 && i < 30 ? 100 : 1));
  const lines = steps.map((seconds) => JSON.stringify({ event: 'step', imagesPerSecond: 1 / seconds }));
  writeFileSync(join(folder, 'metrics.jsonl'), ['{"event":"epoch"}', ...lines, ''].join('\n'));
  expect(secondsAnImage(folder)).toBeCloseTo(1.4, 10);
});
