import { bytesField, integerField, readFields } from './proto-reader.js';

/** One dimension of a part of a tensor; a length of -1 for all of it. */
export interface SliceExtent {
  start: number;
  length: number;
}

/** Reads a TensorShapeProto; -1 for a size that is open, undefined where not even their number is known. */
export function readShape(path: string, bytes: Uint8Array): number[] | undefined {
  const shape: number[] = [];
  let unknownRank = false;
  readFields(path, bytes, {
    2: bytesField((dimension) => {
      let size = 0;
      readFields(path, dimension, {
        1: integerField((value) => {
          size = value;
        }),
      });
      shape.push(size);
    }),
    3: integerField((value) => {
      unknownRank = value !== 0;
    }),
  });
  return unknownRank ? undefined : shape;
}

/** Reads a TensorSliceProto. */
export function readSlice(path: string, bytes: Uint8Array): SliceExtent[] {
  const extents: SliceExtent[] = [];
  readFields(path, bytes, {
    1: bytesField((extent) => {
      const found: SliceExtent = { start: 0, length: -1 };
      readFields(path, extent, {
        1: integerField((value) => {
          found.start = value;
        }),
        2: integerField((value) => {
          found.length = value;
        }),
      });
      extents.push(found);
    }),
  });
  return extents;
}
