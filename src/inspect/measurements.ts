import type { ImageFormat } from '../data/decode/index.js';
import { DIGEST_BYTES, type Look } from './look.js';
import { isConstant, MOMENTS } from './moments.js';
import { type Signature, THUMB_SIDE } from './perceptual-hash.js';

/** Formats by their number in {@link Measurements.format}, counted from 1; 0 is none. */
export const FORMATS: readonly ImageFormat[] = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'];

const THUMB_BYTES = THUMB_SIDE * THUMB_SIDE;

/** What is known of each image of a sample: a column a fact, so that a million of them take half a gigabyte. */
export class Measurements {
  /** In pixels; 0 of images that were not read. */
  readonly width: Int32Array;
  readonly height: Int32Array;
  readonly format: Uint8Array;
  readonly traits: Uint8Array;
  /** Whether it was decoded. */
  readonly isDecoded: Uint8Array;
  /** Two numbers an image, the lower half of its hash first. */
  readonly hashes: Uint32Array;
  readonly moments: Float64Array;
  /** Why images are unreadable, by their index, ascending. */
  readonly reasons = new Map<number, string>();
  readonly #digests: Uint8Array;
  readonly #thumbs: Uint8Array;

  constructor(readonly length: number) {
    this.width = new Int32Array(length);
    this.height = new Int32Array(length);
    this.format = new Uint8Array(length);
    this.traits = new Uint8Array(length);
    this.isDecoded = new Uint8Array(length);
    this.hashes = new Uint32Array(2 * length);
    this.moments = new Float64Array(MOMENTS * length);
    this.#digests = new Uint8Array(DIGEST_BYTES * length);
    this.#thumbs = new Uint8Array(THUMB_BYTES * length);
  }

  /** Notes what was seen of an image; what its pixels gave is absent of one that was not decoded. */
  note(index: number, look: Look, seen?: { moments: Float64Array; signature: Signature }): void {
    this.width[index] = look.width;
    this.height[index] = look.height;
    this.format[index] = look.format === undefined ? 0 : FORMATS.indexOf(look.format) + 1;
    this.traits[index] = look.traits;
    this.#digests.set(look.digest, index * DIGEST_BYTES);
    if (!seen) return;
    this.isDecoded[index] = 1;
    this.moments.set(seen.moments, index * MOMENTS);
    this.hashes.set(seen.signature.hash, 2 * index);
    this.#thumbs.set(seen.signature.thumb, index * THUMB_BYTES);
  }

  formatOf(index: number): ImageFormat | undefined {
    return FORMATS[this.format[index]! - 1];
  }

  /** The hash of an image's bytes, as a key. */
  digestOf(index: number): string {
    const bytes = this.#digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
    return Buffer.from(bytes).toString('latin1');
  }

  thumbOf(index: number): Uint8Array {
    return this.#thumbs.subarray(index * THUMB_BYTES, (index + 1) * THUMB_BYTES);
  }

  isConstant(index: number): boolean {
    return isConstant(this.moments.subarray(index * MOMENTS, (index + 1) * MOMENTS));
  }

  /** Indices of the images whose header was read, ascending. */
  get read(): number[] {
    return this.#indices((index) => this.width[index]! > 0);
  }

  /** Indices of the images that were decoded, ascending. */
  get decoded(): number[] {
    return this.#indices((index) => this.isDecoded[index] === 1);
  }

  #indices(holds: (index: number) => boolean): number[] {
    const indices: number[] = [];
    for (let index = 0; index < this.length; index++) if (holds(index)) indices.push(index);
    return indices;
  }
}
