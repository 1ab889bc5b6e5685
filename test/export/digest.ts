import { createHash } from 'node:crypto';
import type { WeightMap } from '../../src/model/index.js';

/** Names, shapes and values of weights in one line each: millions of values compare in no time. */
export function digest(weights: WeightMap): string[] {
  return [...weights]
    .map(([name, { shape, data }]) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return `${name} [${shape}] ${createHash('sha256').update(bytes).digest('hex')}`;
    })
    .sort();
}
