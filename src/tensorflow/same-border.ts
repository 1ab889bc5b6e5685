/** Pixels before and behind. */
export type Border = readonly [before: number, behind: number];

/**
 * The zeros that TensorFlow's SAME puts around one side of an image: as many as give `ceil(size / stride)` windows, one less in
 * front of an uneven number of them.
 *
 * @param size of the side, in pixels
 * @param window.extent pixels that a window spans, its dilation included
 */
export function sameBorder(size: number, { extent, stride }: { extent: number; stride: number }): Border {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
