import { Tensor } from '../../tensorflow/tensor.js';
import type { BatchRequest, DecodedBatch, Decoder } from './decoder.js';

/** The slot of a place in a batch. */
export function slotOf(pixels: Tensor<'uint8'>, place: number): Uint8Array {
  const size = pixels.data.length / pixels.shape[0]!;
  return pixels.data.subarray(place * size, (place + 1) * size);
}

/**
 * Decodes a batch image by image, into TensorFlow's memory. Every decode has ended when this does: a late one would write
 * into memory that may be freed by then.
 */
export async function decodeEach(decoder: Decoder, request: BatchRequest): Promise<DecodedBatch> {
  const { views, imageSize, queue, stopped } = request;
  const pixels = Tensor.allocate('uint8', [views.length, imageSize, imageSize, 3]);
  const decodes = views.map(({ image, crop }, place) =>
    queue(async () => {
      if (stopped()) return;
      await decoder.decode(image, slotOf(pixels, place), { imageSize, ...(crop && { crop }) });
    }),
  );
  const failures = new Map<number, Error>();
  for (const [place, decode] of (await Promise.allSettled(decodes)).entries())
    if (decode.status === 'rejected') failures.set(place, decode.reason);
  return { pixels, failures };
}
