import type { Tensor } from '../../tensorflow/tensor.js';
import type { EncodedImage } from '../images/index.js';
import type { Crop } from './crop.js';

/** What is wanted of an image. */
export interface View {
  /** Side of the result in pixels. */
  imageSize: number;
  /** The part that is stretched to the square, in place of the decoder's own way to make an image square. */
  crop?: Crop;
}

/** Turns encoded images into pixels. */
export interface Decoder {
  readonly name: string;
  /**
   * Decodes one image into its slot of a batch.
   *
   * @param slot `[imageSize, imageSize, 3]` RGB values 0..255, row-major; must stay valid until the promise settles
   * @throws InputError with the image's name when it cannot be read
   */
  decode(image: EncodedImage, slot: Uint8Array, view: View): Promise<void>;
  /** Decodes a batch at once, where that is faster than image by image. */
  decodeBatch?(request: BatchRequest): Promise<DecodedBatch>;
  /** Frees what it holds besides. */
  close?(): Promise<void>;
}

/** One image of a batch. */
export interface BatchView {
  /** Its position in the data set. */
  row: number;
  image: EncodedImage;
  crop?: Crop;
}

/** A batch to be decoded. */
export interface BatchRequest {
  views: readonly BatchView[];
  imageSize: number;
  /** Runs a job when one of the workers is free. */
  queue<T>(job: () => Promise<T>): Promise<T>;
  /** Whether nothing is to be begun any more. */
  stopped(): boolean;
}

/** A decoded batch. */
export interface DecodedBatch {
  /** `[images, imageSize, imageSize, 3]`; the caller's. The slot of an image that failed holds anything. */
  pixels: Tensor<'uint8'>;
  /** Why images failed, by their place in the batch. */
  failures: ReadonlyMap<number, Error>;
}
