import { Damaged } from './damaged.js';
import { elementAt, MI_INT32, MI_UINT32 } from './element.js';

/** Classes of arrays. Numbers of all kinds, double to uint64, lie between the last two. */
export const CELL = 1;
export const STRUCTURE = 2;
export const TEXT = 4;
export const FIRST_NUMERIC = 6;
export const LAST_NUMERIC = 15;

/** A variable, a cell or a field: its header, and where its values are. */
export interface Matrix {
  /** What messages call it: `the variable a`, `the field class of entry 3 of the variable a`. */
  title: string;
  arrayClass: number;
  isComplex: boolean;
  /** Size in each dimension. */
  shape: readonly number[];
  /** Number of its values: the product of the shape. */
  length: number;
  /** The element that it was read from; its values start at `start`. */
  content: Buffer;
  start: number;
}

/** The name of the variable that an element holds. */
export function nameOf(content: Buffer): string {
  const dimensions = elementAt(content, elementAt(content, 0).end);
  return elementAt(content, dimensions.end).data.toString('latin1');
}

/** Reads the header of an array; a cell or field without any content is an empty array of numbers. */
export function readMatrix(content: Buffer, title: string): Matrix {
  if (content.length === 0) {
    return {
      title,
      arrayClass: FIRST_NUMERIC,
      isComplex: false,
      shape: [0, 0],
      length: 0,
      content,
      start: 0,
    };
  }
  const flags = elementAt(content, 0);
  const dimensions = elementAt(content, flags.end);
  if (flags.type !== MI_UINT32 || flags.data.length < 4 || dimensions.type !== MI_INT32)
    throw new Damaged(`${title} has no array flags or dimensions`);
  const shape = Array.from({ length: dimensions.data.length >> 2 }, (_, i) =>
    dimensions.data.readInt32LE(4 * i),
  );
  if (shape.some((side) => side < 0)) throw new Damaged(`${title} has the shape ${shape.join(' x ')}`);
  return {
    title,
    arrayClass: flags.data[0]!,
    isComplex: (flags.data[1]! & 8) !== 0,
    shape,
    length: shape.reduce((a, b) => a * b, 1),
    content,
    start: elementAt(content, dimensions.end).end,
  };
}
