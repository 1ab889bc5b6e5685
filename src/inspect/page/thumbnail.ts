import sharp, { type Sharp } from 'sharp';
import type { Dataset, Task } from '../../data/dataset.js';
import { HUGE_PIXELS } from '../look.js';
import type { ImageRef } from '../sample.js';

/** Beside images that are not square. */
const AROUND = '#1e232b';

/**
 * All of an image in a square, as it is shown; small ones enlarged pixel by pixel.
 *
 * @returns a PNG, or undefined where the image cannot be read
 */
export async function thumbnailOf(
  task: Task,
  { split, row }: ImageRef,
  side: number,
): Promise<Buffer | undefined> {
  try {
    const image = open(task[split], row, side);
    const { data, info } = await (await image)
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const kernel = Math.max(width, height) < side ? 'nearest' : 'cubic';
    return await sharp(data, { raw: { width, height, channels } })
      .resize(side, side, { fit: 'contain', background: AROUND, kernel })
      .png({ compressionLevel: 1 })
      .toBuffer();
  } catch {
    return undefined;
  }
}

async function open({ source }: Dataset, row: number, side: number): Promise<Sharp> {
  if (source.kind === 'features') throw new TypeError('Features are no images.');
  if (source.kind === 'array') {
    const { width, height, pixels } = source;
    const size = width * height * 3;
    return sharp(pixels.subarray(row * size, (row + 1) * size), { raw: { width, height, channels: 3 } });
  }
  const content = await source.images.at(row).read();
  // Twice the side leaves the reduction to it something to go by, and lets a JPEG be reduced as it is decoded.
  return sharp(content, { failOn: 'error', autoOrient: true, limitInputPixels: HUGE_PIXELS }).resize(
    2 * side,
    2 * side,
    { fit: 'inside', withoutEnlargement: true },
  );
}
