import { describe, expect, test } from 'vitest';
import {
  learningRateAt,
  rhoAt,
  SCHEDULES,
  type Schedule,
  type ScheduleName,
  type ScheduleOptions,
  scaledLearningRate,
} from '../../src/optimize/index.js';

const NAMES = Object.keys(SCHEDULES) as ScheduleName[];
const warmsUp = (name: ScheduleName) => (SCHEDULES[name] as Schedule).warmsUp === true;

/** Of a run of 100 steps in 10 epochs, unless told otherwise. */
const options = { learningRate: 0.4, warmupSteps: 0, totalSteps: 100, stepsPerEpoch: 10 } as const;

/** The learning rates of all steps of a run. */
function rates(schedule: ScheduleName, given: Partial<ScheduleOptions> = {}): number[] {
  const all = { ...options, ...given, schedule };
  return Array.from({ length: all.totalSteps }, (_, step) => learningRateAt(step, all));
}

/** Learning rates at chosen steps, as shares of the largest. */
const shares = (schedule: ScheduleName, steps: readonly number[], given: Partial<ScheduleOptions> = {}) =>
  steps.map((step) => learningRateAt(step, { ...options, learningRate: 1, ...given, schedule }));

function expectNear(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(found[i], `at ${i}`).toBeCloseTo(value, 10);
  });
}

describe('known points', () => {
  test('constant', () => expect(rates('constant')).toEqual(Array(100).fill(0.4)));

  test('linear falls evenly, to one step before its end', () => {
    expectNear(shares('linear', [0, 25, 50, 99]), [1, 0.75, 0.5, 0.01]);
    expectNear(shares('linear', [0, 50, 100], { scheduleEnd: 0.2 }), [1, 0.6, 0.2]);
  });

  test('cosine is at half of the peak half-way', () => {
    expectNear(shares('cosine', [0, 25, 50, 75]), [1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2]);
    expectNear(shares('cosine', [0, 50, 100], { scheduleEnd: 0.1 }), [1, 0.55, 0.1]);
  });

  test('step decays by 0.1 after each third', () => {
    expectNear(shares('step', [0, 33, 34, 66, 67, 99]), [1, 1, 0.1, 0.1, 0.01, 0.01]);
    // 9 steps of 7 an epoch: thirds that are no round numbers of epochs
    expectNear(rates('step', { totalSteps: 9, stepsPerEpoch: 7, learningRate: 1 }), [
      ...[1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01],
    ]);
  });

  test('step every given epochs, by a given factor', () => {
    const given = { scheduleEvery: 3, scheduleDecay: 0.5 };
    expectNear(shares('step', [0, 29, 30, 59, 60, 89, 90, 99], given), [
      ...[1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125],
    ]);
    // As EfficientNet was trained: 0.97 every 2.4 epochs.
    const efficientNet = { scheduleEvery: 2.4, scheduleDecay: 0.97 };
    expectNear(shares('step', [23, 24, 47, 48], efficientNet), [1, 0.97, 0.97, 0.97 ** 2]);
  });

  test('exponential falls by 0.97 over 2.4 epochs, or as told', () => {
    expectNear(shares('exponential', [0, 12, 24, 48]), [1, 0.97 ** 0.5, 0.97, 0.97 ** 2]);
    const given = { scheduleEvery: 5, scheduleDecay: 0.1 };
    expectNear(shares('exponential', [0, 25, 50, 100], given), [1, 0.1 ** 0.5, 0.1, 0.01]);
  });

  test('polynomial', () => {
    expectNear(shares('polynomial', [0, 50, 90]), [1, 0.5, 0.1]);
    expectNear(shares('polynomial', [0, 50, 90], { schedulePower: 2 }), [1, 0.25, 0.01]);
    expectNear(shares('polynomial', [50, 100], { schedulePower: 2, scheduleEnd: 0.2 }), [0.4, 0.2]);
  });

  test('one-cycle rises from a 25th over 30 % of the run, and falls', () => {
    expectNear(shares('one-cycle', [0, 15, 30, 65, 100]), [0.04, 0.52, 1, 0.5, 0]);
    expectNear(shares('one-cycle', [65, 100], { scheduleEnd: 0.1 }), [0.55, 0.1]);
  });
});

test("one-cycle equals PyTorch's OneCycleLR", () => {
  // OneCycleLR(max_lr=0.4, total_steps=101, pct_start=31 / 101, final_div_factor=1e4) at 0, 10, ... 100: it counts to
  // its last step, and the rise to one before, so that its peak is at 30 and its end at 100 too.
  const torch = [
    0.016, 0.112, 0.304, 0.4, 0.380193853, 0.324698262, 0.244504809, 0.155496791, 0.0753033384, 0.0198077472,
    1.6e-6,
  ];
  torch.forEach((rate, i) => {
    const found = learningRateAt(10 * i, { ...options, schedule: 'one-cycle', scheduleEnd: 4e-6 });
    expect(found).toBeCloseTo(rate, 7);
  });
});

describe.each(NAMES)('%s', (schedule) => {
  const lengths = [
    { warmupSteps: 0 },
    { warmupSteps: 4 },
    { warmupSteps: 20, cooldownSteps: 15 },
    { warmupSteps: 2.5, cooldownSteps: 7.5 },
    { scheduleBy: 'epoch', warmupSteps: 5, cooldownSteps: 10 },
    { warmupSteps: 100 },
    { warmupSteps: 150, cooldownSteps: 100 },
    { cooldownSteps: 100 },
    { cooldownSteps: 1000 },
    { warmupSteps: 60, cooldownSteps: 60 },
    { totalSteps: 1, stepsPerEpoch: 1 },
    { totalSteps: 1, stepsPerEpoch: 1, warmupSteps: 1 },
    { stepsPerEpoch: 1000 },
  ] satisfies Partial<ScheduleOptions>[];

  test.each(lengths)('is finite, and within 0 and the largest rate, whatever the lengths: %o', (given) => {
    for (const by of ['step', 'epoch'] as const) {
      const found = rates(schedule, { scheduleBy: by, ...given });
      for (const rate of found) {
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(rate).toBeLessThanOrEqual(0.4);
      }
    }
  });

  test('never rises after its peak, and has no jump but those of step', () => {
    const found = rates(schedule, { warmupSteps: 20, totalSteps: 1000, stepsPerEpoch: 100 });
    const peak = found.indexOf(Math.max(...found));
    for (let step = peak + 1; step < 1000; step++) {
      expect(found[step]).toBeLessThanOrEqual(found[step - 1]!);
      if (schedule !== 'step') expect(found[step - 1]! - found[step]!).toBeLessThan(0.4 / 200);
    }
  });

  test('ends the run at the rate it ends at, for as long as the cool-down', () => {
    const given = { warmupSteps: 10, cooldownSteps: 20, scheduleEnd: 0.05 };
    const found = rates(schedule, given);
    const last = found.slice(80);
    expect(new Set(last).size).toBe(1);
    expect(last[0]).toBeLessThanOrEqual(found[79]!);
    const end = { constant: 1, step: 0.01, exponential: 0.97 ** (7 / 2.4) }[schedule as string] ?? 0.05;
    // One-cycle takes no warm-up from outside: its run is longer, and ends the same.
    expect(last[0]).toBeCloseTo(0.4 * end, 10);
  });

  test('a cool-down as long as the run is all at the rate it ends at', () => {
    const end = ['constant', 'step', 'exponential'].includes(schedule) ? 1 : 0.05;
    for (const cooldownSteps of [100, 1000]) {
      expectNear(rates(schedule, { cooldownSteps, scheduleEnd: 0.05 }), Array(100).fill(0.4 * end));
    }
  });

  test('by epoch it stands still within one, and meets the other at its start', () => {
    const byEpoch = rates(schedule, { scheduleBy: 'epoch' });
    const byStep = rates(schedule);
    byEpoch.forEach((rate, step) => {
      expect(rate, `step ${step}`).toBe(byStep[step - (step % 10)]);
    });
  });

  test('stays where it ended after the last step', () => {
    const end = learningRateAt(100, { ...options, schedule });
    expect(learningRateAt(1e6, { ...options, schedule })).toBe(end);
    expect(end).toBeLessThanOrEqual(rates(schedule)[99]!);
  });

  test('says what it is', () => expect(SCHEDULES[schedule].title).not.toBe(''));
});

describe.each(NAMES.filter((name) => !warmsUp(name)))('%s after a warm-up', (schedule) => {
  test('rises evenly, from above zero to the peak after it', () => {
    const found = rates(schedule, { warmupSteps: 4 });
    expectNear(found.slice(0, 5), [0.08, 0.16, 0.24, 0.32, 0.4]);
    expect(Math.max(...found)).toBe(0.4);
  });

  test('goes on as a shorter run would start', () => {
    const found = rates(schedule, { warmupSteps: 20 });
    expectNear(found.slice(20), rates(schedule, { totalSteps: 80 }));
  });

  test('by epoch: the warm-up goes by steps, and the peak lasts until the next epoch', () => {
    const found = rates(schedule, { scheduleBy: 'epoch', warmupSteps: 5 });
    expectNear(found.slice(0, 10), [...[1, 2, 3, 4, 5].map((i) => (0.4 * i) / 6), ...Array(5).fill(0.4)]);
  });

  test('as long as the run: it never reaches the peak, and goes before a cool-down', () => {
    const rising = Array.from({ length: 100 }, (_, step) => (0.4 * (step + 1)) / 101);
    expectNear(rates(schedule, { warmupSteps: 100, cooldownSteps: 50 }), rising);
  });
});

test.each(NAMES.filter(warmsUp))('%s has its own warm-up, and takes no other', (schedule) => {
  expect(rates(schedule, { warmupSteps: 20 })).toEqual(rates(schedule));
  expect(rates(schedule)[0]).toBeLessThan(0.4 / 20);
  expect(rates(schedule)[30]).toBeCloseTo(0.4, 10);
});

describe('rho', () => {
  const rho = { ...options, rho: 0.05, warmupSteps: 20, cooldownSteps: 10, schedule: 'linear' } as const;

  test.each(NAMES)('%s: the shape of the schedule, without warm-up', (rhoSchedule) => {
    for (let step = 0; step < 100; step++) {
      const plain = learningRateAt(step, { ...rho, schedule: rhoSchedule, warmupSteps: 0 });
      expect(rhoAt(step, { ...rho, rhoSchedule })).toBeCloseTo((0.05 * plain) / 0.4, 12);
    }
  });

  test('constant is rho itself in every step', () => {
    for (const step of [0, 19, 50, 99]) expect(rhoAt(step, { ...rho, rhoSchedule: 'constant' })).toBe(0.05);
  });

  test.each(NAMES)('in proportion to the learning rate of %s, warm-up included', (schedule) => {
    for (let step = 0; step < 100; step++) {
      const given = { ...rho, schedule };
      const found = rhoAt(step, { ...given, rhoSchedule: 'learning-rate' });
      expect(found).toBeCloseTo((0.05 * learningRateAt(step, given)) / 0.4, 12);
    }
    if (!warmsUp(schedule)) {
      expect(rhoAt(0, { ...rho, schedule, rhoSchedule: 'learning-rate' })).toBeCloseTo(0.05 / 21, 12);
    }
  });
});

test('the learning rate scales with the images of an update, unless there is no base', () => {
  expect(scaledLearningRate(0.1, { images: 1024, base: 256 })).toBeCloseTo(0.4, 12);
  expect(scaledLearningRate(0.1, { images: 32, base: 256 })).toBeCloseTo(0.0125, 12);
  expect(scaledLearningRate(0.1, { images: 32, base: 0 })).toBe(0.1);
});
