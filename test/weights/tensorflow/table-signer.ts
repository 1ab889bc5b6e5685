import { maskedCrc32c } from '../../../src/weights/tensorflow/crc32c.js';

const TRAILER_BYTES = 5;

/** The first block of a small index, where all of its entries are. */
export function readWholeTable(index: Uint8Array): Uint8Array {
  return index.slice(0, firstBlockSize(index));
}

/** The index with this block as its first one, cut or filled up to the old length, with the right checksum. */
export function signedAgain(index: Uint8Array, block: Uint8Array): Uint8Array {
  const signed = Uint8Array.from(index);
  const size = firstBlockSize(index);
  signed.set(block.subarray(0, size));
  const crc = maskedCrc32c(signed.subarray(0, size + 1));
  new DataView(signed.buffer).setUint32(size + 1, crc, true);
  return signed;
}

/** The blocks' kinds of compression are zeros, each before a checksum that tells where a block ends. */
function firstBlockSize(index: Uint8Array): number {
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  for (let size = 4; size + TRAILER_BYTES <= index.length; size += 1) {
    if (index[size] !== 0) continue;
    if (maskedCrc32c(index.subarray(0, size + 1)) === view.getUint32(size + 1, true)) return size;
  }
  throw new Error('no block');
}
