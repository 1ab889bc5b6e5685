/** Encoded images to pixels: one interface, a file a decoder. */
export { cachedDecoder, PixelCache, type PixelCacheOptions } from './cache.js';
export {
  type ChooseOptions,
  chooseDecoder,
  DECODERS,
  type DecoderChoice,
  type DecoderName,
} from './choose.js';
export {
  type Box,
  type Crop,
  checkCrop,
  cropBox,
  cropOf,
  type RandomResizedCrop,
  type SeededCrop,
} from './crop.js';
export type { BatchRequest, BatchView, DecodedBatch, Decoder, View } from './decoder.js';
export { decodeEach, slotOf } from './each.js';
export { formatOf, type ImageFormat, strangeness } from './format.js';
export { type JpegHeader, readJpegHeader } from './jpeg-header.js';
export {
  decodeImage,
  RESIZE_POLICIES,
  type ResizeOptions,
  type ResizePolicy,
  sharpDecoder,
  unreadable,
} from './sharp.js';
export { type TensorFlowDecoderOptions, tensorflowDecoder } from './tensorflow.js';
export { usualWorkers } from './workers.js';
