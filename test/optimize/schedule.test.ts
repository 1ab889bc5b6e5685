import { describe, expect, test } from 'vitest';
import { learningRateAt, SCHEDULES, type ScheduleName } from '../../src/optimize/index.js';

const options = { learningRate: 0.4, warmupSteps: 0, totalSteps: 8 } as const;
const rates = (schedule: ScheduleName, { warmupSteps = 0, totalSteps = 8 } = {}) =>
  Array.from({ length: totalSteps }, (_, step) =>
    learningRateAt(step, { ...options, schedule, warmupSteps, totalSteps }),
  );

describe('without warm-up', () => {
  test('constant', () => expect(rates('constant')).toEqual(Array(8).fill(0.4)));

  test('linear falls evenly, to one step before zero', () => {
    rates('linear').forEach((rate, step) => {
      expect(rate).toBeCloseTo(0.4 * (1 - step / 8), 10);
    });
  });

  test('cosine starts at the peak, is at half of it half-way, and ends near zero', () => {
    const found = rates('cosine');
    expect(found[0]).toBe(0.4);
    expect(found[4]).toBeCloseTo(0.2, 10);
    expect(found[2]).toBeCloseTo(0.2 * (1 + Math.SQRT1_2), 10);
    expect(found[7]).toBeCloseTo(0.2 * (1 + Math.cos((Math.PI * 7) / 8)), 10);
    expect(found[7]).toBeGreaterThan(0);
  });
});

describe.each(Object.keys(SCHEDULES) as ScheduleName[])('%s with warm-up', (schedule) => {
  const found = rates(schedule, { warmupSteps: 4, totalSteps: 100 });

  test('rises evenly from above zero to the peak', () => {
    [0.08, 0.16, 0.24, 0.32, 0.4].forEach((rate, step) => {
      expect(found[step]).toBeCloseTo(rate, 10);
    });
    expect(Math.max(...found)).toBe(0.4);
  });

  test('never rises afterwards, and ends near zero unless it is constant', () => {
    for (let step = 5; step < 100; step++) expect(found[step]).toBeLessThanOrEqual(found[step - 1]!);
    if (schedule === 'constant') expect(found[99]).toBe(0.4);
    else expect(found[99]).toBeLessThan(0.4 / 50);
    expect(found[99]).toBeGreaterThan(0);
  });
});

test('a warm-up as long as the run, and steps after its end, have a finite rate', () => {
  const long = rates('cosine', { warmupSteps: 8 });
  expect(long.every((rate) => rate > 0 && rate < 0.4)).toBe(true);
  expect(learningRateAt(20, { ...options, schedule: 'linear' })).toBe(0);
});
