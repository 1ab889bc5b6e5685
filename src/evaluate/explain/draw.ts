import sharp from 'sharp';
import type { EncodedImage } from '../../data/images/index.js';
import { decodedPicture, escaped, type Picture, shortened } from '../../sheet/index.js';
import { colorOf, type Heat, laidOver } from './heat-map.js';

/** What an explanation says below its picture. */
export interface Legend {
  /** The class that is explained, with its probability. */
  title: string;
  /** What else there is to say. */
  note?: string;
}

/** Longer side of a picture in pixels, at most. */
const LONGEST = 640;
/** Smaller pictures are enlarged pixel by pixel until they are about as large. */
const SMALLEST = 224;
const FOOT = 58;
const MARGIN = 10;
const BAR = { width: 84, height: 9, stops: 8 } as const;
const FONT = "font-family='Inter, Helvetica Neue, Helvetica, Arial, DejaVu Sans, sans-serif'";
const [BACKGROUND, BRIGHT, PALE] = ['#12151a', '#f0f2f5', '#aab4c2'] as const;

/**
 * An image with heat laid over it, and a legend below.
 *
 * @returns a PNG
 */
export async function drawExplanation(image: EncodedImage, heat: Heat, legend: Legend): Promise<Buffer> {
  const picture = await enlarged(await decodedPicture(image, LONGEST));
  const { width, height } = picture;
  const raw = { width, height, channels: 3 } as const;
  // The legend needs some room, also below a narrow picture.
  const whole = Math.max(width, SMALLEST);
  const left = Math.floor((whole - width) / 2);
  return sharp(laidOver(picture, heat), { raw })
    .extend({ left, right: whole - width - left, bottom: FOOT, background: BACKGROUND })
    .composite([{ input: Buffer.from(footOf(legend, whole)), left: 0, top: height }])
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
}

async function enlarged({ data, width, height }: Picture): Promise<Picture> {
  const factor = Math.ceil(SMALLEST / Math.max(width, height));
  if (factor <= 1) return { data, width, height };
  const size = { width: width * factor, height: height * factor };
  const large = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(size.width, size.height, { kernel: 'nearest' })
    .raw()
    .toBuffer();
  return { data: large, ...size };
}

function footOf({ title, note = '' }: Legend, width: number): string {
  const room = width - 2 * MARGIN;
  const text = (value: string, y: number, size: number, fill: string, x = MARGIN) =>
    `<text x='${x}' y='${y}' font-size='${size}' fill='${fill}' ${FONT}>${escaped(value)}</text>`;
  const stops = Array.from({ length: BAR.stops + 1 }, (_, i) => {
    const [red, green, blue] = colorOf(i / BAR.stops).map(Math.round);
    return `<stop offset='${i / BAR.stops}' stop-color='rgb(${red},${green},${blue})'/>`;
  });
  return [
    `<svg xmlns='http://www.w3.org/2000/svg' width='${width}' height='${FOOT}'>`,
    `<defs><linearGradient id='heat'>${stops.join('')}</linearGradient></defs>`,
    text(shortened(title, room, 14), 19, 14, BRIGHT),
    text(shortened(note, room, 11), 34, 11, PALE),
    text('little', 50, 10, PALE),
    `<rect x='${MARGIN + 32}' y='42' width='${BAR.width}' height='${BAR.height}' fill='url(#heat)'/>`,
    text('much', 50, 10, PALE, MARGIN + 32 + BAR.width + 6),
    '</svg>',
  ].join('');
}
