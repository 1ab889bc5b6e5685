/** One encoded image (JPEG, PNG, ...): what a decoder is given. */
export interface EncodedImage {
  /** What messages call it: its path, or `shard.tar: member.jpg`. */
  name: string;
  /** Where it is a file of its own: decoders may open it themselves. */
  path?: string;
  /** @throws InputError that names it, where its bytes cannot be read */
  read(): Promise<Uint8Array>;
}

/**
 * The encoded images of a data set, by row, wherever they lie: files, members of archives, cells of tables. Nothing is
 * held as an object a row, so that millions of them fit into memory.
 */
export interface ImageStore {
  /** Number of images. */
  readonly length: number;
  /** What messages call an image: its path, or `shard.tar: member.jpg`. It begins with the path of the file that it is in. */
  nameOf(row: number): string;
  /** An image, to be decoded. */
  at(row: number): EncodedImage;
  /** Changes when the content of an image may have changed: from its file's size and time, without reading it. */
  stampOf(row: number): string;
  /**
   * The block that each image lies in, ascending, where images are read by blocks: an order that jumps from block to block
   * would read them again and again. See `epochOrder`.
   */
  readonly blocks?: Int32Array;
  /** The images at `rows`, in that order; what is held is shared with this store. */
  select(rows: Int32Array): ImageStore;
}

/** All rows of a store's names, in order. */
export function* namesOf(images: ImageStore): Generator<string, void, undefined> {
  for (let row = 0; row < images.length; row++) yield images.nameOf(row);
}
