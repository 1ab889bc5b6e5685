import sharp, { type Sharp } from 'sharp';
import type { Dataset } from '../data/dataset.js';
import { HUGE_PIXELS } from '../data/decode/huge.js';
import type { EncodedImage } from '../data/images/index.js';

/** Beside images that are not square. */
const AROUND = '#1e232b';

/** Pixels `[height, width, 3]`, sRGB, row-major. */
export interface Picture {
  data: Buffer;
  width: number;
  height: number;
}

/**
 * All of an image in a square, as it is shown; small ones enlarged pixel by pixel.
 *
 * @returns a PNG, or undefined where the image cannot be read
 */
export async function thumbnailOf(dataset: Dataset, row: number, side: number): Promise<Buffer | undefined> {
  try {
    const { data, width, height } = await pictureOf(dataset, row, side);
    const kernel = Math.max(width, height) < side ? 'nearest' : 'cubic';
    return await sharp(data, { raw: { width, height, channels: 3 } })
      .resize(side, side, { fit: 'contain', background: AROUND, kernel })
      .png({ compressionLevel: 1 })
      .toBuffer();
  } catch {
    return undefined;
  }
}

/** An image of a data set; an encoded one at up to twice the side, its proportions kept. */
async function pictureOf({ source }: Dataset, row: number, side: number): Promise<Picture> {
  if (source.kind === 'features') throw new TypeError('Features are no images.');
  // Twice the side leaves the reduction to it something to go by, and lets a JPEG be reduced as it is decoded.
  if (source.kind === 'encoded') return decodedPicture(source.images.at(row), 2 * side);
  const { width, height, pixels } = source;
  const size = width * height * 3;
  return rawOf(sharp(pixels.subarray(row * size, (row + 1) * size), { raw: { width, height, channels: 3 } }));
}

/**
 * An encoded image as it is shown, all of it, its proportions kept.
 *
 * @param longest pixels that its longer side has at most
 */
export async function decodedPicture(image: EncodedImage, longest: number): Promise<Picture> {
  const content = await image.read();
  return rawOf(
    sharp(content, { failOn: 'error', autoOrient: true, limitInputPixels: HUGE_PIXELS }).resize(
      longest,
      longest,
      { fit: 'inside', withoutEnlargement: true },
    ),
  );
}

async function rawOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
