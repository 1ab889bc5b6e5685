import { attr, type Fragment, type Output } from '../tensorflow/index.js';
import type { Preprocessing } from './data.js';

/**
 * Resizes images on the device, bilinear with half-pixel centres.
 *
 * @param images float32 `[batch, height, width, channels]`
 * @param size side of the result in pixels
 */
export function resizeImages(f: Fragment, images: Output, size: number): Output {
  return f.op('ResizeBilinear', [images, f.ints(size, size)], {
    T: attr.type('float32'),
    align_corners: attr.bool(false),
    half_pixel_centers: attr.bool(true),
  });
}

/** (pixel - mean) / std, per channel; nothing is added where there is nothing to do. */
export function normalizePixels(f: Fragment, images: Output, { mean, std }: Preprocessing): Output {
  const centred = mean.every((value) => value === 0)
    ? images
    : f.math('Sub', [images, f.constant(Float32Array.from(mean))]);
  return std.every((value) => value === 1)
    ? centred
    : f.math('RealDiv', [centred, f.constant(Float32Array.from(std))]);
}
