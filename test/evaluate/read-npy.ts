import { readFileSync } from 'node:fs';

/** A matrix of float32 values in a file of NumPy's format, version 1.0, as its specification has it. */
export function readNpy(file: string): { shape: number[]; values: Float32Array } {
  const content = readFileSync(file);
  if (content.toString('latin1', 0, 8) !== '\x93NUMPY\x01\x00')
    throw new Error('no version 1.0 of the format');
  const length = content.readUInt16LE(8);
  const header = content.toString('latin1', 10, 10 + length);
  if ((10 + length) % 64 !== 0 || !header.endsWith('\n')) throw new Error('the header is not aligned');
  const [, rows, columns] =
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$/.exec(header)!;
  const body = content.subarray(10 + length);
  const shape = [Number(rows), Number(columns)];
  if (body.length !== 4 * shape[0]! * shape[1]!) throw new Error('values and shape differ');
  return { shape, values: Float32Array.from({ length: body.length / 4 }, (_, i) => body.readFloatLE(4 * i)) };
}
