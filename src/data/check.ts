import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import sharp from 'sharp';
import { unreadable } from './decode.js';

/** How {@link checkImages} goes about it. */
export interface CheckOptions {
  /** Files that are read at once. @default twice the cores */
  workers?: number;
  onProgress?: (done: number, total: number) => void;
}

/** Files that are queued at once: their promises are all that the memory of a check grows with. */
const CHUNK = 1024;

/**
 * Reads the header of every image file, so that what is no image is found before anything long begins. What is
 * damaged further on is found when it is decoded.
 *
 * @throws InputError with the path of the first file, in the order given, that is no readable image
 */
export async function checkImages(
  paths: readonly string[],
  { workers = 2 * availableParallelism(), onProgress }: CheckOptions = {},
): Promise<void> {
  const queue = new PQueue({ concurrency: workers });
  for (let start = 0; start < paths.length; start += CHUNK) {
    const chunk = paths.slice(start, start + CHUNK);
    for (const outcome of await Promise.allSettled(chunk.map((path) => queue.add(() => checkHeader(path))))) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    onProgress?.(start + chunk.length, paths.length);
  }
}

async function checkHeader(path: string): Promise<void> {
  try {
    await sharp(path).metadata();
  } catch (error) {
    throw unreadable(path, error as Error);
  }
}
