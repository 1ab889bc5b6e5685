import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readFileSync,
  renameSync,
  write,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BatchRequest, BatchView, DecodedBatch, Decoder } from './decoder.js';
import { decodeEach, slotOf } from './each.js';

const readAt = promisify(read);
const writeAt = promisify(write);

/** Where decoded images are kept. */
export interface PixelCacheOptions {
  /** Images of the data set. */
  length: number;
  /** Side of the decoded squares in pixels. */
  imageSize: number;
  /** Folder of a file for them; without it they stay in memory. */
  folder?: string;
  /** What the file is called: another name for other images, or other ways to decode them. */
  key?: string;
}

/** Decoded squares by their image's row: in memory, or in a file that the system keeps in memory while there is room. */
export class PixelCache {
  readonly #bytes: number;
  readonly #has: Uint8Array;
  readonly #rows = new Map<number, Uint8Array>();
  readonly #file: { descriptor: number; index: string } | undefined;

  constructor({ length, imageSize, folder, key = 'pixels' }: PixelCacheOptions) {
    this.#bytes = imageSize * imageSize * 3;
    this.#has = new Uint8Array(length);
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${key}.rgb`);
    const index = join(folder, `${key}.rows`);
    const isKnown = existsSync(path);
    const descriptor = openSync(path, isKnown ? 'r+' : 'w+');
    ftruncateSync(descriptor, length * this.#bytes);
    this.#file = { descriptor, index };
    if (!isKnown || !existsSync(index)) return;
    const rows = readFileSync(index);
    if (rows.length === length) this.#has.set(rows);
  }

  has(row: number): boolean {
    return this.#has[row] === 1;
  }

  /** Copies a square that it has into its slot of a batch. */
  async get(row: number, slot: Uint8Array): Promise<void> {
    if (this.#file) await readAt(this.#file.descriptor, slot, 0, this.#bytes, row * this.#bytes);
    else slot.set(this.#rows.get(row)!);
  }

  /** Keeps a copy of a decoded square. */
  async put(row: number, slot: Uint8Array): Promise<void> {
    if (this.#file) await writeAt(this.#file.descriptor, slot, 0, this.#bytes, row * this.#bytes);
    else this.#rows.set(row, Uint8Array.from(slot));
    this.#has[row] = 1;
  }

  /** Of a file: notes which rows it has, so that another run finds them. What is in memory is gone. */
  close(): void {
    this.#rows.clear();
    if (!this.#file) return;
    const { descriptor, index } = this.#file;
    closeSync(descriptor);
    const aside = `${index}.${process.pid}.part`;
    writeFileSync(aside, this.#has);
    renameSync(aside, index);
  }
}

/**
 * A decoder that decodes each whole image once. Parts that are cut out are others each time: those go to the decoder
 * within.
 */
export function cachedDecoder(inner: Decoder, cache: PixelCache): Decoder {
  const innerBatch = (request: BatchRequest) => inner.decodeBatch?.(request) ?? decodeEach(inner, request);
  return {
    name: inner.name,
    decode: (image, slot, view) => inner.decode(image, slot, view),
    async decodeBatch(request) {
      const { views } = request;
      if (views.some(({ crop }) => crop)) return innerBatch(request);
      const places = [...views.keys()].filter((place) => !cache.has(views[place]!.row));
      if (places.length === views.length) return kept(await innerBatch(request), views, cache);
      const missing = { ...request, views: places.map((place) => views[place]!) };
      const decoded =
        places.length > 0 ? await kept(await innerBatch(missing), missing.views, cache) : undefined;
      const all = await decodeEach(knownDecoder(cache, views), request);
      const failures = new Map<number, Error>();
      for (const [i, place] of places.entries()) {
        slotOf(all.pixels, place).set(slotOf(decoded!.pixels, i));
        const failure = decoded!.failures.get(i);
        if (failure) failures.set(place, failure);
      }
      decoded?.pixels.dispose();
      return { pixels: all.pixels, failures };
    },
    async close() {
      cache.close();
      await inner.close?.();
    },
  };
}

/** Fills the slots of images that are known, and leaves the others. */
function knownDecoder(cache: PixelCache, views: readonly BatchView[]): Decoder {
  const rows = new Map(views.map(({ image, row }) => [image, row]));
  return {
    name: 'cache',
    async decode(image, slot) {
      const row = rows.get(image)!;
      if (cache.has(row)) await cache.get(row, slot);
    },
  };
}

/** A decoded batch, once its good images are kept. */
async function kept(
  batch: DecodedBatch,
  views: readonly BatchView[],
  cache: PixelCache,
): Promise<DecodedBatch> {
  try {
    const puts = views.map(async ({ row }, place) => {
      if (!batch.failures.has(place)) await cache.put(row, slotOf(batch.pixels, place));
    });
    // All have ended before the memory may be freed.
    for (const put of await Promise.allSettled(puts)) if (put.status === 'rejected') throw put.reason;
    return batch;
  } catch (error) {
    batch.pixels.dispose();
    throw error;
  }
}
