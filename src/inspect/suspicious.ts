import { extname } from 'node:path';
import { HUGE_PIXELS } from '../data/decode/huge.js';
import type { ImageFormat } from '../data/decode/index.js';
import type { Measurements } from './measurements.js';
import { whole } from './number-text.js';
import type { ImageRef, Sample } from './sample.js';
import { spread } from './sizes.js';

/** What makes an image suspicious. */
export type Suspicion = 'extension' | 'tiny' | 'aspect-ratio' | 'one-colour' | 'huge';

/** An image that can be read, but may not be what was meant. */
export interface SuspiciousImage extends ImageRef {
  kind: Suspicion;
  /** In words. */
  reason: string;
}

/** How much longer one side may be than the other: a centre crop then shows a quarter of the image. */
const LONGEST = 4;
/** Shorter side in pixels below which an image is tiny, unless small images are what the data is of. */
const TINY_SIDE = 16;
/** Median shorter side at which images are not small. */
const USUAL_SIDE = 32;
/** How much smaller than the median an image is when it is tiny among the others. */
const TINY_PART = 8;

const FORMAT_OF: Readonly<Record<string, ImageFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
  '.webp': 'webp',
  '.avif': 'avif',
  '.gif': 'gif',
  '.tif': 'tiff',
  '.tiff': 'tiff',
};

/** The suspicious images of a sample, in its order; one may be there for several reasons. */
export function suspiciousImages(sample: Sample, measurements: Measurements): SuspiciousImage[] {
  const { read, decoded, width, height } = measurements;
  const shorter = (index: number) => Math.min(width[index]!, height[index]!);
  const median = decoded.length === 0 ? 0 : spread(Float64Array.from(decoded, shorter)).median;
  const tiny = Math.max(median / TINY_PART, median < USUAL_SIDE ? 0 : TINY_SIDE);
  return read.flatMap((index) => {
    const image = sample.refOf(index);
    const [w, h] = [width[index]!, height[index]!];
    const size = `${whole(w)} x ${whole(h)} pixels`;
    const ratio = Math.max(w, h) / Math.min(w, h);
    const isHuge = w * h > HUGE_PIXELS;
    const suspicions: [boolean, Suspicion, string][] = [
      [isHuge, 'huge', `${size}: not decoded`],
      [
        misnamed(image.name, measurements.formatOf(index)),
        'extension',
        `its content is ${measurements.formatOf(index)}`,
      ],
      [shorter(index) < tiny, 'tiny', size],
      [ratio > LONGEST, 'aspect-ratio', `${size}: ${ratio.toFixed(1)} to 1`],
      [
        measurements.isDecoded[index] === 1 && measurements.isConstant(index),
        'one-colour',
        'one colour all over',
      ],
    ];
    return suspicions.filter(([holds]) => holds).map(([, kind, reason]) => ({ ...image, kind, reason }));
  });
}

function misnamed(name: string, format: ImageFormat | undefined): boolean {
  const expected = FORMAT_OF[extname(name).toLowerCase()];
  return format !== undefined && expected !== undefined && expected !== format;
}
