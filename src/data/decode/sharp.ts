import sharp, { type Sharp } from 'sharp';
import { InputError, invalid } from '../../errors.js';
import { type EncodedImage, imageFile } from '../images/index.js';
import type { Decoder, View } from './decoder.js';
import { formatOf, strangeness } from './format.js';
import { readJpegHeader } from './jpeg-header.js';

// Images are decoded side by side, one thread each: libvips' own threads would only contend. And no image is read
// twice in a row, so its cache of operations would only hold memory.
sharp.concurrency(1);
sharp.cache(false);

const STRETCHED = { fit: 'fill', kernel: 'cubic' } as const;

/** How much larger than the result a part is at least when its JPEG is reduced while it is decoded. */
const SHRINKING = 2;

/** How an image becomes a square. */
export interface ResizeOptions {
  /**
   * `center-crop`: the shorter side becomes `imageSize / cropFraction` and the centre is cut out, proportions kept.
   * `squash`: all of the image, its sides stretched to the square. @default 'center-crop'
   */
  resize?: ResizePolicy;
  /** Part of the shorter side that a centre crop keeps, above 0 and up to 1 (1: the largest square). @default 1 */
  cropFraction?: number;
}

/** The ways to make an image square. */
export const RESIZE_POLICIES = ['center-crop', 'squash'] as const;

/** Name of a way to make an image square. */
export type ResizePolicy = (typeof RESIZE_POLICIES)[number];

/**
 * A decoder for JPEG, PNG, WebP, AVIF, GIF and TIFF, whatever a file is called: EXIF orientation applied, the first
 * frame of an animation, grayscale, CMYK and 16-bit values as 8-bit sRGB by their colour profile, transparency on white.
 *
 * Sizes change with the Catmull-Rom kernel (a = -0.5) widened for reductions: the bicubic of Pillow and of
 * `tf.image.resize(..., antialias=True)`. JPEGs much larger than the result are reduced by 2, 4 or 8 while they are
 * decoded, which is fast and differs a little from reducing them afterwards.
 */
export function sharpDecoder(options: ResizeOptions = {}): Decoder {
  checkResize(options);
  return {
    name: 'sharp',
    async decode(image, slot, view) {
      // sharp only gives memory of its own: one copy, of the decoded square.
      slot.set(await read(image, view, options));
    },
  };
}

/**
 * One image file as pixels, in the same view that {@link sharpDecoder} gives.
 *
 * @returns `[imageSize, imageSize, 3]` RGB values 0..255, row-major
 * @throws InputError with the file's path when it cannot be read
 */
export function decodeImage(
  file: string,
  imageSize: number,
  options: ResizeOptions = {},
): Promise<Uint8Array> {
  checkResize(options);
  return read(imageFile(file), { imageSize }, options);
}

function checkResize({ resize = 'center-crop', cropFraction = 1 }: ResizeOptions): void {
  if (!RESIZE_POLICIES.includes(resize)) throw invalid('resize', RESIZE_POLICIES.join(' or '), resize);
  if (!(cropFraction > 0 && cropFraction <= 1)) {
    throw invalid('crop fraction', 'a number above 0 and up to 1', cropFraction);
  }
}

async function read(encoded: EncodedImage, view: View, options: ResizeOptions): Promise<Uint8Array> {
  const content = await encoded.read();
  if (!formatOf(content)) throw unreadable(encoded.name, new Error(strangeness(content)));
  // A truncated file fails; what the format's library only warns about (stray bytes between segments) does not.
  const image = sharp(content, { failOn: 'error', autoOrient: true });
  try {
    if (view.crop) cutOut(image, await headOf(image, content), view as Cut);
    else square(image, view.imageSize, options);
    return await image.flatten({ background: 'white' }).toColourspace('srgb').raw().toBuffer();
  } catch (error) {
    throw unreadable(encoded.name, error as Error);
  }
}

function square(
  image: Sharp,
  imageSize: number,
  { resize = 'center-crop', cropFraction = 1 }: ResizeOptions,
): void {
  if (resize === 'squash') {
    image.resize(imageSize, imageSize, STRETCHED);
    return;
  }
  const side = Math.floor(imageSize / cropFraction);
  const inset = Math.round((side - imageSize) / 2);
  // The centre of the largest square is the centre of the image: its size need not be known beforehand.
  image
    .resize(side, side, { fit: 'cover', position: 'centre', kernel: 'cubic' })
    .extract({ left: inset, top: inset, width: imageSize, height: imageSize });
}

interface Head {
  isJpeg: boolean;
  /** As it is shown. */
  width: number;
  height: number;
}

/** Reads the header only: of a JPEG here, which takes less than asking sharp for it. */
async function headOf(image: Sharp, content: Uint8Array): Promise<Head> {
  const jpeg = readJpegHeader(content);
  if (jpeg) {
    const { width, height, orientation } = jpeg;
    return orientation > 4 ? { isJpeg: true, width: height, height: width } : { isJpeg: true, width, height };
  }
  const { format, autoOrient } = await image.metadata();
  return { isJpeg: format === 'jpeg', ...autoOrient };
}

type Cut = Required<View>;

function cutOut(
  image: Sharp,
  { isJpeg, width: fullWidth, height: fullHeight }: Head,
  { imageSize, crop }: Cut,
): void {
  const box = crop(fullWidth, fullHeight);
  if (!isJpeg || Math.min(box.width, box.height) < SHRINKING * imageSize) {
    image.extract(box).resize(imageSize, imageSize, STRETCHED);
    return;
  }
  // libvips reduces a JPEG while it is decoded only where nothing is cut out before: so all of it becomes smaller, by
  // what the part needs, and the part is cut out of that. It moves by less than a pixel of the result.
  const width = Math.round((fullWidth * imageSize) / box.width);
  const height = Math.round((fullHeight * imageSize) / box.height);
  image.resize(width, height, STRETCHED).extract({
    left: Math.min(Math.round((box.left * imageSize) / box.width), width - imageSize),
    top: Math.min(Math.round((box.top * imageSize) / box.height), height - imageSize),
    width: imageSize,
    height: imageSize,
  });
}

/** The error about an image file that sharp cannot read, with the first of its reasons. */
export function unreadable(name: string, { message }: Error): InputError {
  const [said] = message.trim().split('\n');
  // What libvips says is lost where another image fails at the same time.
  const reason = said === 'Unknown error' ? 'it is damaged or cut off' : said;
  return new InputError(`Cannot read the image ${name}: ${reason}. Replace it or remove it.`);
}
