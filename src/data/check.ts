import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import sharp from 'sharp';
import type { BadImages } from './bad-images.js';
import { formatOf, strangeness, unreadable } from './decode/index.js';
import type { EncodedImage, ImageStore } from './images/index.js';

/** How {@link checkImages} goes about it. */
export interface CheckOptions {
  /** Images that are read at once. @default twice the cores */
  workers?: number;
  /** Where bad images are noted. @default the first one is thrown */
  bad?: BadImages;
  onProgress?: (done: number, total: number) => void;
}

/** Up to this many images, each is looked at. */
const ALL = 10_000;
/** Of more than that, this many, evenly spread: what is asked for starts within seconds. */
const SAMPLE = 2_000;
/** Images that are queued at once: their promises are all that the memory of a check grows with. */
const CHUNK = 1024;

/**
 * Reads the headers of images, so that what is no image is found before anything long begins. What is damaged further
 * on is found when it is decoded, and so is what lies between the images that are looked at where there are many.
 *
 * @throws InputError with the name of the first, in their order, that is no readable image
 */
export async function checkImages(
  images: ImageStore,
  { workers = 2 * availableParallelism(), bad, onProgress }: CheckOptions = {},
): Promise<void> {
  const queue = new PQueue({ concurrency: workers });
  const total = images.length <= ALL ? images.length : SAMPLE;
  const rowAt = (i: number) => Math.floor((i * images.length) / total);
  for (let start = 0; start < total; start += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, total - start) }, (_, i) => rowAt(start + i));
    const checks = rows.map((row) => queue.add(() => checkHeader(images.at(row))));
    for (const [i, outcome] of (await Promise.allSettled(checks)).entries()) {
      if (outcome.status === 'fulfilled') continue;
      if (!bad) throw outcome.reason;
      bad.note(rows[i]!, outcome.reason);
    }
    onProgress?.(start + rows.length, total);
  }
}

async function checkHeader(image: EncodedImage): Promise<void> {
  const content = await image.read();
  try {
    if (!formatOf(content)) throw new Error(strangeness(content));
    await sharp(content).metadata();
  } catch (error) {
    throw unreadable(image.name, error as Error);
  }
}
