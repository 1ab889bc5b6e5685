import { bytesOf } from '../tensor-types.js';
import { toFloat16 } from '../to-float16.js';
import type { ManifestWeight } from './manifest.js';

/** What weights are stored in to take less room. */
export type StoredType = NonNullable<ManifestWeight['quantization']>['dtype'];

/** Kernels have more dimensions. Biases and statistics decide much and take little room: they stay as they are. */
const LEAST_DIMENSIONS = 2;

/** A weight as it is stored. */
export interface Quantized {
  quantization: NonNullable<ManifestWeight['quantization']>;
  bytes: Uint8Array;
}

/** Values that whole numbers q stand for: q scale + min. */
interface Grid {
  min: number;
  scale: number;
  /** The largest q. */
  steps: number;
}

/**
 * Values in fewer bits, as tfjs reads them: halves, or whole numbers q that stand for q scale + min. Zero is one of them where
 * it lies between the least value and the largest, as paddings and dead channels want it. Of 8 bits are kernels only where a
 * sum has many terms: depthwise ones, where 9 values or so make a channel, become halves.
 *
 * @returns undefined for a weight that stays as it is: one that is no kernel, and one with values that are no numbers
 */
export function quantize(
  values: Float32Array,
  shape: readonly number[],
  to: StoredType,
): Quantized | undefined {
  if (shape.length < LEAST_DIMENSIONS) return undefined;
  const isDepthwise = shape.length === 4 && shape[3] === 1 && shape[2]! > 1;
  if (to === 'float16' || (to === 'uint8' && isDepthwise))
    return { quantization: { dtype: 'float16' }, bytes: bytesOf(toFloat16(values)) };
  const grid = gridOf(values, to === 'uint8' ? 2 ** 8 - 1 : 2 ** 16 - 1);
  if (!grid) return undefined;
  const { min, scale, steps } = grid;
  const stored = to === 'uint8' ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++)
    stored[i] = Math.max(0, Math.min(steps, Math.round((values[i]! - min) / scale)));
  if (to === 'uint8') keepSums(values, shape.at(-1)!, stored, grid);
  return { quantization: { dtype: to, min, scale }, bytes: bytesOf(stored) };
}

function gridOf(values: Float32Array, steps: number): Grid | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!Number.isFinite(high - low)) return undefined;
  const scale = (high - low) / steps || 1;
  return { min: low < 0 && high > 0 ? -Math.round(-low / scale) * scale : low, scale, steps };
}

/**
 * Rounds the other way, in each output channel, those values that it costs least, until the errors of the channel cancel: what
 * comes in is mostly above zero, so that a sum of errors would shift all that comes out.
 */
function keepSums(values: Float32Array, channels: number, stored: Uint8Array | Uint16Array, grid: Grid) {
  const { min, scale, steps } = grid;
  const perChannel = values.length / channels;
  const errors = new Float64Array(perChannel);
  const order = Int32Array.from({ length: perChannel }, (_, i) => i);
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let i = 0; i < perChannel; i++) {
      const at = i * channels + channel;
      errors[i] = stored[at]! - (values[at]! - min) / scale;
      sum += errors[i]!;
    }
    const direction = Math.sign(sum);
    const flips = Math.min(Math.round(Math.abs(sum)), perChannel);
    if (flips === 0) continue;
    // Those that were moved furthest in the direction of the sum go back with the least harm.
    order.sort((a, b) => direction * (errors[b]! - errors[a]!));
    for (const i of order.subarray(0, flips)) {
      const moved = stored[i * channels + channel]! - direction;
      if (moved >= 0 && moved <= steps) stored[i * channels + channel] = moved;
    }
  }
}
