import { systemLibrary } from './system-library.js';

let trim: ((padding: number) => number) | undefined | null;

/**
 * Gives memory that was freed back to the system: after a session with large activations, before another program takes as much.
 * The C library keeps it otherwise. Does nothing where that library has no such function (macOS, musl).
 */
export function trimMemory(): void {
  if (trim === undefined) {
    try {
      trim = systemLibrary().func('int malloc_trim(size_t)') as unknown as (padding: number) => number;
    } catch {
      trim = null;
    }
  }
  trim?.(0);
}
