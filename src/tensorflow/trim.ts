import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemLibrary } from './system-library.js';

let trim: ((padding: number) => number) | undefined | null;

/**
 * Gives memory that was freed back to the system, and what JavaScript no longer needs: after a program that held a large model,
 * before another one takes as much. V8 does not know how much TensorFlow takes, and the C library keeps what was freed. The second
 * half does nothing where that library has no such function (macOS, musl).
 */
export function trimMemory(): void {
  collectGarbage();
  if (trim === undefined) {
    try {
      trim = systemLibrary().func('int malloc_trim(size_t)') as unknown as (padding: number) => number;
    } catch {
      trim = null;
    }
  }
  trim?.(0);
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc');
}
