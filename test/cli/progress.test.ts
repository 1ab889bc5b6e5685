import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TrainProgress } from '../../src/cli/train/progress.js';

const plan = { epochs: 2, stepsPerEpoch: 4, batchSize: 10, classes: 10, bestMetric: 'top1' } as const;
let written: string[];
let columns: number | undefined;

const step = (n: number) => ({
  event: 'step' as const,
  step: n,
  epoch: Math.ceil(n / 4),
  loss: 1.5,
  perturbedLoss: 1.75,
  gradNorm: 1,
  learningRate: 0.1,
  imagesPerSecond: n === 1 ? 1 : 20,
});
const epoch = { event: 'epoch', step: 4, epoch: 1, loss: 1.25, seconds: 60 } as const;
const evaluation = {
  event: 'evaluate',
  step: 4,
  epoch: 1,
  top1: 0.5,
  top5: 0.75,
  loss: 1,
  macroPrecision: 0.6,
  macroRecall: 0.7,
  macroF1: 0.64,
  best: true,
} as const;

function onTerminal(isTerminal: boolean, width = 80): void {
  Object.defineProperty(process.stderr, 'isTTY', { value: isTerminal, configurable: true });
  Object.defineProperty(process.stderr, 'columns', { value: width, configurable: true });
}

beforeEach(() => {
  written = [];
  columns = process.stderr.columns;
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  onTerminal(false, columns);
});

describe('without a terminal', () => {
  test('there is a line every ten seconds, and one an epoch', () => {
    onTerminal(false);
    const progress = new TrainProgress(plan);
    for (const n of [1, 2, 3, 4]) {
      vi.advanceTimersByTime(6000);
      progress.onEvent(step(n));
    }
    progress.onEvent(epoch);
    vi.advanceTimersByTime(5000);
    progress.onEvent(evaluation);
    expect(written).toEqual([
      // 6 steps of 10 images at 20 a second; the first step's speed tells nothing.
      'epoch 1/2, step 2/4 loss 1.500 perturbed 1.750 20 img/s 0:03 left\n',
      'epoch 1/2, step 4/4 loss 1.500 perturbed 1.750 20 img/s 0:02 left\n',
      'epoch 1/2: loss 1.2500, held-out top-1 50.00 %, top-5 75.00 %, 1:05, best\n',
    ]);
    expect(progress.step).toBe(4);
  });

  test('a line names the metric that decides, where it has another', () => {
    onTerminal(false);
    const progress = new TrainProgress({ ...plan, bestMetric: 'macro-f1' });
    progress.onEvent(epoch);
    progress.onEvent(evaluation);
    expect(written.at(-1)).toBe(
      'epoch 1/2: loss 1.2500, held-out top-1 50.00 %, top-5 75.00 %, macro F1 64.00 %, 1:00, best\n',
    );
  });

  test('time left counts the evaluations to come, and a run that goes on says from where', () => {
    onTerminal(false);
    const progress = new TrainProgress(plan);
    progress.onEvent(step(3));
    progress.onEvent(step(4));
    progress.onEvent(epoch);
    vi.advanceTimersByTime(5000);
    progress.onEvent(evaluation);
    vi.advanceTimersByTime(10_000);
    progress.onEvent({ ...step(5), perturbedLoss: undefined });
    expect(written[0]).toBe('Going on after step 2 of the run.\n');
    // 3 steps in 1.5 s, and 5 s as the last evaluation took.
    expect(written.at(-1)).toBe('epoch 2/2, step 1/4 loss 1.500 20 img/s 0:07 left\n');
  });
});

describe('on a terminal', () => {
  test.each([80, 60, 100])('the bar fits %i columns, and gives way to the line of its epoch', (width) => {
    onTerminal(true, width);
    const progress = new TrainProgress(plan);
    progress.start();
    for (const n of [1, 2]) {
      vi.advanceTimersByTime(1000);
      progress.onEvent(step(n));
    }
    const lines = written.map(stripVTControlCharacters).filter((text) => text.includes('epoch'));
    expect(lines.at(-1)).toMatch(/^epoch 1\/2 (█+░+ )?2\/4 loss 1\.500 /);
    for (const line of lines) expect(line.length).toBeLessThan(width);
    progress.onEvent(epoch);
    progress.onEvent(evaluation);
    expect(written.at(-1)).toMatch(/^epoch 1\/2: loss 1\.2500, held-out top-1/);
    progress.clear();
    expect(vi.getTimerCount()).toBe(0);
  });
});
