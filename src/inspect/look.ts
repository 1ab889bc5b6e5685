import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { HUGE_PIXELS, MOST_PIXELS } from '../data/decode/huge.js';
import { formatOf, type ImageFormat, strangeness } from '../data/decode/index.js';
import type { EncodedImage } from '../data/images/index.js';
import { whole } from './number-text.js';
import { traitsOf } from './traits.js';

/** Pixels `[height, width, 3]`, sRGB, row-major. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
}

/** What there is to see of one image. */
export interface Look {
  /** Undefined of an image that was never encoded. */
  format?: ImageFormat;
  /** As it is shown, in pixels. */
  width: number;
  height: number;
  /** See `traitsOf`. */
  traits: number;
  /** Hash of its bytes, {@link DIGEST_BYTES} long. */
  digest: Uint8Array;
  /** Reduced where its shorter side has more than {@link REDUCED_SIDE}; absent where it is too large to be decoded. */
  pixels?: Pixels;
}

/** Bytes that are kept of a SHA-256: two different images of a billion share them with odds of 1 in 10^20. */
export const DIGEST_BYTES = 16;

/** Shorter side that larger images are reduced to before anything is computed of them: about what training sees. */
export const REDUCED_SIDE = 256;

/**
 * Looks at an encoded image: its header, its bytes and, from one decode of all of it, its pixels as training has them.
 *
 * @throws Error with the reason, where it cannot be decoded to its end, or has more pixels than training takes
 */
export async function lookAt(encoded: EncodedImage): Promise<Look> {
  const content = await encoded.read();
  const format = formatOf(content);
  if (!format) throw new Error(strangeness(content));
  const image = sharp(content, { failOn: 'error', autoOrient: true, limitInputPixels: false });
  const header = await image.metadata();
  const { width, height } = header.autoOrient;
  if (width * height > MOST_PIXELS) {
    throw new Error(
      `${whole(width)} x ${whole(height)} pixels are more than the ${whole(MOST_PIXELS)} that are read in training`,
    );
  }
  const look = { format, width, height, traits: traitsOf(header), digest: digestOf(content) };
  if (width * height > HUGE_PIXELS) return look;
  const { data, info } = await image
    .resize(REDUCED_SIDE, REDUCED_SIDE, { fit: 'outside', withoutEnlargement: true, kernel: 'cubic' })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { ...look, pixels: { data, width: info.width, height: info.height } };
}

/** Looks at an image that is pixels already. */
export function lookAtPixels(pixels: Pixels): Look {
  const { width, height, data } = pixels;
  return { width, height, traits: 0, digest: digestOf(data), pixels };
}

function digestOf(content: Uint8Array): Uint8Array {
  return createHash('sha256').update(content).digest().subarray(0, DIGEST_BYTES);
}
