import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import PQueue from 'p-queue';
import { type Look, lookAt, lookAtPixels } from './look.js';
import { Measurements } from './measurements.js';
import { momentsOf } from './moments.js';
import { signatureOf } from './perceptual-hash.js';
import type { Sample } from './sample.js';

/** How {@link measure} goes about it. */
export interface MeasureOptions {
  /** Images that are looked at at once. @default twice the cores */
  workers?: number;
  /** Stops it: it then throws the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** Images that are queued at once: their promises are all that memory grows with, besides the columns. */
const CHUNK = 512;

/** Looks at every image of a sample. What cannot be read is noted, with its reason. */
export async function measure(
  sample: Sample,
  { workers = 2 * availableParallelism(), signal, onProgress }: MeasureOptions = {},
): Promise<Measurements> {
  const measurements = new Measurements(sample.length);
  const queue = new PQueue({ concurrency: workers });
  let done = 0;
  const failed: number[] = [];
  const one = async (index: number) => {
    if (signal?.aborted) return;
    await measureOne(sample, index, measurements).catch(() => failed.push(index));
    onProgress?.(++done, sample.length);
  };
  for (let start = 0; start < sample.length; start += CHUNK) {
    const count = Math.min(CHUNK, sample.length - start);
    await Promise.all(Array.from({ length: count }, (_, i) => queue.add(() => one(start + i))));
    // Arrays wait for nothing: this is when a signal gets its turn.
    await setImmediate();
    signal?.throwIfAborted();
  }
  // libvips collects its errors in one place for all threads: only an image that is read alone gets its own reason.
  for (const index of failed.sort((a, b) => a - b)) {
    signal?.throwIfAborted();
    await measureOne(sample, index, measurements).catch((error: Error) => {
      measurements.reasons.set(index, reasonOf(error));
    });
  }
  return measurements;
}

async function measureOne(sample: Sample, index: number, measurements: Measurements): Promise<void> {
  const look = await lookOf(sample, index);
  const { pixels } = look;
  if (!pixels) return measurements.note(index, look);
  measurements.note(index, look, { moments: momentsOf(pixels), signature: signatureOf(pixels) });
}

async function lookOf(sample: Sample, index: number): Promise<Look> {
  const { dataset, row } = sample.placeOf(index);
  const { source } = dataset;
  if (source.kind === 'encoded') return lookAt(source.images.at(row));
  if (source.kind === 'features') throw new TypeError('Features are no images: there is nothing to look at.');
  const { width, height, pixels } = source;
  const size = width * height * 3;
  return lookAtPixels({ width, height, data: pixels.subarray(row * size, (row + 1) * size) });
}

/** The first line of what a decoder says; an image that cannot be opened is named by the report already. */
function reasonOf({ message }: Error): string {
  const [reason = ''] = message.trim().split('\n');
  return reason.replace(/^Cannot read the image .*?: (?=[A-Z]+:)/, '').replace(/\.$/, '');
}
