import { fileURLToPath } from 'node:url';

/** Path of a parquet file that Python wrote. */
export const byPython = (name: string): string =>
  fileURLToPath(new URL(`./by-python/${name}`, import.meta.url));

/** What write.py puts into row i of files of 40 rows. */
export const writtenValue = (i: number): Uint8Array | null =>
  i % 7 === 3 ? null : new Uint8Array(((i * 13) % 50) + 1).fill(i);
