import PQueue from 'p-queue';
import { Tensor } from '../tensorflow/tensor.js';
import { type Skipping, substituteOf } from './bad-images.js';
import { Batch } from './batch.js';
import { copyRows, type Dataset } from './dataset.js';
import {
  type BatchRequest,
  cropOf,
  type DecodedBatch,
  type Decoder,
  decodeEach,
  type SeededCrop,
  slotOf,
} from './decode/index.js';
import type { ImageStore } from './images/index.js';

/** How images are decoded. */
export interface Decoding {
  decoder: Decoder;
  imageSize: number;
  crop: SeededCrop | undefined;
  workers: number;
  skipping: Skipping | undefined;
}

/** Makes batches; owns each until it is complete. */
export class Assembler {
  readonly #decodes: PQueue;
  #stopped: { reason: unknown } | undefined;

  constructor(
    private readonly dataset: Dataset,
    private readonly decoding: Decoding,
  ) {
    this.#decodes = new PQueue({ concurrency: decoding.workers });
  }

  /** Decodes that have not begun are left out, and batches that are not complete fail with the reason. */
  stop(reason: unknown = new Error('The batches were stopped.')): void {
    this.#stopped ??= { reason };
  }

  /** The batch of some rows. Those of bad images may become others, or none. */
  async assemble(rows: Int32Array): Promise<Batch> {
    const { source } = this.dataset;
    if (source.kind === 'encoded') return this.#decoded(source.images, rows);
    const images =
      source.kind === 'array'
        ? Tensor.allocate('uint8', [rows.length, source.height, source.width, 3])
        : Tensor.allocate('float32', [rows.length, source.height, source.width, source.channels]);
    return this.#finish(images, rows, () =>
      copyRows(source.kind === 'array' ? source.pixels : source.values, rows, images.data),
    );
  }

  async #decoded(images: ImageStore, wanted: Int32Array): Promise<Batch> {
    const { pixels, failures } = await this.#decode(images, wanted);
    const { skipping } = this.decoding;
    try {
      if (this.#stopped) throw this.#stopped.reason;
      const [first] = failures.values();
      if (!first) return await this.#finish(pixels, wanted);
      if (!skipping) throw first;
      for (const [place, error] of failures) skipping.bad.note(wanted[place]!, error);
      if (skipping.put === 'nothing') return await this.#without(failures, pixels, wanted);
      const rows = Int32Array.from(wanted);
      for (const place of failures.keys())
        rows[place] = await this.#substitute(images, rows[place]!, pixels, place);
      return await this.#finish(pixels, rows);
    } catch (error) {
      pixels.dispose();
      throw error;
    }
  }

  /** Every decode has ended when this does: a late one would write into freed memory. */
  #decode(images: ImageStore, rows: Int32Array): Promise<DecodedBatch> {
    const { decoder, imageSize } = this.decoding;
    const request: BatchRequest = {
      views: Array.from(rows, (row) => this.#viewOf(images, row)),
      imageSize,
      queue: (job) => this.#decodes.add(job),
      stopped: () => this.#stopped !== undefined,
    };
    return decoder.decodeBatch ? decoder.decodeBatch(request) : decodeEach(decoder, request);
  }

  #viewOf(images: ImageStore, row: number): BatchRequest['views'][number] {
    const { crop } = this.decoding;
    return { row, image: images.at(row), ...(crop && { crop: cropOf(row, crop) }) };
  }

  /** Another image in the slot of a bad one; its row. */
  async #substitute(
    images: ImageStore,
    row: number,
    pixels: Tensor<'uint8'>,
    place: number,
  ): Promise<number> {
    const { decoder, imageSize, skipping } = this.decoding;
    const { bad } = skipping!;
    for (;;) {
      const other = substituteOf(row, this.dataset.labels, bad);
      const { image, crop } = this.#viewOf(images, other);
      try {
        await this.#decodes.add(() =>
          decoder.decode(image, slotOf(pixels, place), { imageSize, ...(crop && { crop }) }),
        );
        return other;
      } catch (error) {
        bad.note(other, error as Error);
      }
    }
  }

  /** The batch without its bad images. */
  async #without(
    failures: DecodedBatch['failures'],
    pixels: Tensor<'uint8'>,
    wanted: Int32Array,
  ): Promise<Batch> {
    const places = Int32Array.from(wanted.keys()).filter((place) => !failures.has(place));
    const [, ...size] = pixels.shape;
    const kept = Tensor.allocate('uint8', [places.length, ...size]);
    const batch = await this.#finish(
      kept,
      places.map((place) => wanted[place]!),
      () => {
        if (places.length > 0) copyRows(pixels.data, places, kept.data);
      },
    );
    pixels.dispose();
    return batch;
  }

  /** Adds the labels. On failure nothing stays allocated. */
  async #finish(images: Batch['images'], rows: Int32Array, fill?: () => void): Promise<Batch> {
    const { labels } = this.dataset;
    let own: Tensor<'int32'> | undefined;
    try {
      fill?.();
      own = Tensor.allocate('int32', [rows.length]);
      own.data.set(rows.map((row) => labels[row]!));
      if (this.#stopped) throw this.#stopped.reason;
      return new Batch(images, own, rows);
    } catch (error) {
      images.dispose();
      own?.dispose();
      throw error;
    }
  }
}
