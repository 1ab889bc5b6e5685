import * as h5wasm from 'h5wasm/node';

type Metadata = ReturnType<typeof h5wasm.Module.get_attribute_metadata>;

/** Bytes of a pointer to a string, of any length, in the library's memory. */
const POINTER_BYTES = 4;

/**
 * The value of an attribute of text. The library's own reader does not look whether reading failed, and then frees what
 * was never allocated, which need not come back; so this is done here.
 */
export function readText(file: bigint, path: string, name: string, metadata: Metadata): string | string[] {
  const { Module } = h5wasm;
  const { size, total_size: count, vlen, shape } = metadata;
  const memory = Module._malloc(size * count);
  if (memory === 0) throw new Error(`there is no memory for attribute '${name}' of '${path}'`);
  try {
    Module.HEAPU8.fill(0, memory, memory + size * count);
    if (Module.get_attribute_data(file, path, name, BigInt(memory)) < 0) {
      throw new Error(`attribute '${name}' of '${path}' cannot be read`);
    }
    const texts = Array.from({ length: count }, (_, i) =>
      vlen ? textAt(memory + i * POINTER_BYTES) : text(memory + i * size, size),
    );
    if (vlen) Module.reclaim_vlen_memory(file, path, name, BigInt(memory));
    return shape?.length === 0 ? (texts[0] as string) : texts;
  } finally {
    Module._free(memory);
  }
}

/** The string that a pointer leads to. */
function textAt(pointer: number): string {
  const { HEAPU8 } = h5wasm.Module;
  const start = new DataView(HEAPU8.buffer).getUint32(pointer, true);
  return start === 0 ? '' : text(start, HEAPU8.length - start);
}

/** A string of at most `length` bytes, which ends before the first zero. */
function text(start: number, length: number): string {
  const bytes = h5wasm.Module.HEAPU8.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end === -1 ? length : end));
}
