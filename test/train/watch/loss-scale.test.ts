import { describe, expect, test } from 'vitest';
import { defaultLossScale, LossScale, lossScaleSchema } from '../../../src/train/watch/index.js';

const good = (scale: LossScale, updates: number) => {
  for (let i = 0; i < updates; i++) scale.update(true);
};

describe('a dynamic loss scale', () => {
  test('starts at 32768, is halved by each overflow, and counts them', () => {
    const scale = new LossScale('dynamic');
    expect([scale.scale, scale.overflows]).toEqual([32768, 0]);
    scale.update(false);
    scale.update(false);
    expect([scale.scale, scale.overflows]).toEqual([8192, 2]);
  });

  test('is doubled after 2000 good updates in a row', () => {
    const scale = new LossScale('dynamic');
    good(scale, 1999);
    expect(scale.scale).toBe(32768);
    scale.update(false);
    good(scale, 1999);
    expect(scale.scale).toBe(16384);
    good(scale, 1);
    expect(scale.scale).toBe(32768);
    good(scale, 1999);
    expect(scale.scale).toBe(32768);
    good(scale, 1);
    expect(scale.scale).toBe(65536);
  });

  test('stays within 1 and 2^24, and says where an overflow is no longer its own', () => {
    const scale = new LossScale('dynamic');
    for (let i = 0; i < 15; i++) {
      expect(scale.canShrink).toBe(true);
      scale.update(false);
    }
    expect([scale.scale, scale.canShrink]).toEqual([1, false]);
    scale.update(false);
    expect([scale.scale, scale.overflows]).toEqual([1, 16]);
    good(scale, 2000 * 30);
    expect(scale.scale).toBe(2 ** 24);
  });

  test('goes on from its state, through JSON, as it would have', () => {
    const whole = new LossScale('dynamic');
    whole.update(false);
    good(whole, 1500);
    const state = lossScaleSchema.parse(JSON.parse(JSON.stringify(whole.state)));
    const resumed = new LossScale('dynamic', state);
    for (const scale of [whole, resumed]) good(scale, 500);
    expect(resumed.state).toEqual(whole.state);
    expect(resumed.state).toEqual({ scale: 32768, goodUpdates: 0, overflows: 1 });
  });

  test('its state is a copy', () => {
    const scale = new LossScale('dynamic');
    const { state } = scale;
    scale.update(false);
    expect(state).toEqual({ scale: 32768, goodUpdates: 0, overflows: 0 });
  });
});

describe('a fixed loss scale', () => {
  test.each([
    [128, 128],
    [0.5, 0.5],
    ['none', 1],
  ] as const)('%s stays, and counts overflows all the same', (setting, expected) => {
    const scale = new LossScale(setting);
    good(scale, 5000);
    scale.update(false);
    expect([scale.scale, scale.overflows, scale.canShrink]).toEqual([expected, 1, false]);
    expect(new LossScale(setting, scale.state).state).toEqual({
      scale: expected,
      goodUpdates: 0,
      overflows: 1,
    });
  });
});

test('only mixed float16 scales by default', () => {
  expect(defaultLossScale('mixed-float16')).toBe('dynamic');
  expect(defaultLossScale('mixed-bfloat16')).toBe('none');
  expect(defaultLossScale('float32')).toBe('none');
});
