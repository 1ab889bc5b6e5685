import { expect } from 'vitest';
import type { Values } from './apply-update.js';

/** The same tensors, each number within `tolerance` of the largest number of its tensor. */
export function expectClose(found: Values, expected: Values, tolerance = 1e-5): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    expect(found[name], name).toHaveLength(values.length);
    const largest = Math.max(...values.map(Math.abs));
    values.forEach((value, i) => {
      const difference = Math.abs(found[name]![i]! - value);
      expect(difference, `${name}[${i}]: ${found[name]![i]} for ${value}`).toBeLessThanOrEqual(
        tolerance * largest,
      );
    });
  }
}
