import { gzipSync } from 'node:zlib';

const header = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, i) => {
    bytes.writeUInt32BE(number, 4 * i);
  });
  return bytes;
};

/** An idx file of images: the values of image i count up from i. */
export function idxImages(count: number, side = 28): Buffer {
  const images = Array.from({ length: count }, (_, image) =>
    Uint8Array.from({ length: side * side }, (_, at) => at + image),
  );
  return Buffer.concat([header(0x803, count, side, side), ...images]);
}

/** An idx file of labels. */
export const idxLabels = (labels: readonly number[]): Buffer =>
  Buffer.concat([header(0x801, labels.length), Uint8Array.from(labels)]);

/** Fashion-MNIST's files by name, with three images to train on and two held out. */
export const fashionFiles = (): Record<string, Buffer> => ({
  'train-images-idx3-ubyte.gz': gzipSync(idxImages(3)),
  'train-labels-idx1-ubyte.gz': gzipSync(idxLabels([9, 0, 3])),
  't10k-images-idx3-ubyte.gz': gzipSync(idxImages(2)),
  't10k-labels-idx1-ubyte.gz': gzipSync(idxLabels([5, 1])),
});
