import { type ByteSource, withFile } from '../bytes/byte-source.js';
import { damaged } from '../bytes/damaged.js';
import { InputError } from '../errors.js';
import type { WeightMap, WeightTensor } from '../model/weights.js';
import { parseHeader, TYPE_NAMES } from './safetensors-header.js';
import { bytesOf, ELEMENT_BYTES, elementCount, typedView } from './tensor-types.js';
import { writeFileAside } from './write-aside.js';

/** What a safetensors file holds. */
export interface SafetensorsFile {
  tensors: WeightMap;
  /** Its map of strings, `__metadata__`. */
  metadata: Record<string, string>;
}

/** The reference implementation refuses longer headers. */
const LONGEST_HEADER = 100_000_000;
/** The header is padded with spaces, so that the data begin at a multiple of this. */
const ALIGNMENT = 8;

/** True for a file that begins as safetensors do: the length of a header, then the header's brace. */
export function isSafetensors(source: ByteSource): boolean {
  if (source.size < 9) return false;
  const start = source.read(0, 9);
  return headerLength(start) <= LONGEST_HEADER && start[8] === 0x7b;
}

/**
 * Reads a safetensors file: an uint64 length, a JSON header of that length, and the tensors' bytes.
 *
 * @throws InputError where lengths, places or types do not fit each other
 */
export function readSafetensors(path: string): SafetensorsFile {
  return withFile(path, (source) => {
    if (source.size < ALIGNMENT) throw damaged(path, 'a header', `${source.size} bytes in all`);
    const length = headerLength(source.read(0, ALIGNMENT));
    if (length > LONGEST_HEADER || length > source.size - ALIGNMENT) {
      throw damaged(path, `a header of ${length} bytes`, `${source.size} bytes in all`);
    }
    const dataStart = ALIGNMENT + length;
    const header = new TextDecoder().decode(source.read(ALIGNMENT, length));
    const { entries, metadata } = parseHeader(path, header, source.size - dataStart);
    const tensors: WeightMap = new Map();
    for (const { name, dtype, shape, begin, end } of entries) {
      const bytes = source.read(dataStart + begin, end - begin);
      tensors.set(name, { dtype, shape, data: typedView(bytes, dtype) });
    }
    return { tensors, metadata };
  });
}

/**
 * Writes a safetensors file, aside and renamed, one tensor after the other from the memory that holds it.
 *
 * @param metadata strings that readers get back
 */
export async function writeSafetensors(
  path: string,
  tensors: WeightMap,
  { metadata = {} }: { metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  // Larger elements first: then each tensor begins at a multiple of its element, whatever the shapes.
  const ordered = [...tensors].sort(([, a], [, b]) => ELEMENT_BYTES[b.dtype] - ELEMENT_BYTES[a.dtype]);
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let end = 0;
  for (const [name, tensor] of ordered) {
    checkTensor(path, name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    header.push([name, { dtype: TYPE_NAMES[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(Math.ceil(text.length / ALIGNMENT) * ALIGNMENT).fill(0x20);
  padded.set(text);
  const length = new DataView(new ArrayBuffer(ALIGNMENT));
  length.setBigUint64(0, BigInt(padded.length), true);
  await writeFileAside(path, async (file) => {
    await file.writeFile(new Uint8Array(length.buffer));
    await file.writeFile(padded);
    for (const [, { data }] of ordered) await file.writeFile(bytesOf(data));
  });
}

function headerLength(start: Uint8Array): number {
  return Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
}

function checkTensor(path: string, name: string, { dtype, shape, data }: WeightTensor): void {
  const expected = elementCount(shape) * ELEMENT_BYTES[dtype];
  if (name === '__metadata__' || data.byteLength !== expected) {
    throw new InputError(
      `Tensor '${name}' cannot be written to ${path}: ${dtype} [${shape}] takes ${expected} bytes and has ${data.byteLength}.`,
    );
  }
}
