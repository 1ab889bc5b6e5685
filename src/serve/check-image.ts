import sharp from 'sharp';
import { formatOf, strangeness } from '../data/decode/index.js';
import { Refusal } from './refusal.js';

/**
 * Looks at the first bytes and the header of what was sent, before anything is decoded: a few kilobytes can stand for
 * more pixels than there is memory.
 *
 * @throws Refusal 400 for nothing or a damaged header, 415 for what is no image, 422 for one of too many pixels
 */
export async function checkImage(content: Uint8Array, { maxPixels }: { maxPixels: number }): Promise<void> {
  if (content.length === 0) throw new Refusal(400, 'The body is empty. Send an image as the body.');
  if (!formatOf(content))
    throw new Refusal(415, `This cannot be read as an image: ${strangeness(content)}. Send one of these.`);
  const { width, height } = await sizeOf(content);
  if (width * height <= maxPixels) return;
  throw new Refusal(
    422,
    `The image has ${width} x ${height} pixels, more than the ${maxPixels} that are taken. Make it smaller.`,
  );
}

async function sizeOf(content: Uint8Array): Promise<{ width: number; height: number }> {
  try {
    return await sharp(content, { limitInputPixels: false }).metadata();
  } catch (error) {
    const [reason] = (error as Error).message.trim().split('\n');
    throw new Refusal(400, `The header of the image cannot be read: ${reason}. Send another.`);
  }
}
