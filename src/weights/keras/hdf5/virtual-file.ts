import { openSync, readSync } from 'node:fs';
import * as h5wasm from 'h5wasm/node';
import type { Hdf5Request } from './tree.js';

/** The name under which the library sees the file. */
export const VIRTUAL_PATH = '/file.h5';

const READ_ONLY_FILE = 0o100444;
const NO_SUCH_FILE = 44;
/** The library looks at the same bytes a few times; one that goes on and on walks in a circle. */
const FEWEST_READS = 100_000;
const BYTES_PER_READ = 64;
/** What the library may use beside the tensor that it reads. */
const MEMORY_FLOOR = 128 * 2 ** 20;

interface Stream {
  fd?: number;
  path: string;
  flags: number;
  position: number;
  seekable: boolean;
  node: { mode: number };
  stream_ops: Record<string, (...args: never[]) => number>;
}

/** The parts of the library's file system that are replaced. */
interface FileSystem {
  streams: (Stream | undefined)[];
  createStream(stream: Stream): Stream;
  ErrnoError: new (code: number) => Error;
  open: (path: string) => Stream;
  stat: (path: string) => object;
  fstat: (descriptor: number) => object;
}

/**
 * Gives the library exactly one file, to be read only: what the file says can neither make it open another one nor
 * write anywhere. What it prints is kept instead. For a thread that ends with this file: nothing is put back.
 *
 * @returns the last thing that the library complained of
 */
export function installVirtualFile(request: Hdf5Request): () => string | undefined {
  const fs = h5wasm.FS as unknown as FileSystem;
  const { size, progress } = request;
  const read = reader(request);
  let [readsLeft, printed] = [FEWEST_READS + size / BYTES_PER_READ, ''];
  const file = {
    read(_: Stream, memory: Uint8Array, at: number, length: number, position: number): number {
      readsLeft -= 1;
      if (readsLeft < 0) throw new Error('its parts refer to each other in a circle');
      Atomics.add(progress, 0, 1);
      const count = Math.max(0, Math.min(length, size - position));
      return count === 0 ? 0 : read(memory, at, count, position);
    },
  };
  const printer = {
    write(_: Stream, memory: Uint8Array, at: number, length: number): number {
      printed = (printed + Buffer.from(memory.subarray(at, at + length)).toString('latin1')).slice(-20_000);
      return length;
    },
  };
  const stream = (path: string, operations: object): Stream => ({
    path,
    flags: 0,
    position: 0,
    seekable: true,
    node: { mode: READ_ONLY_FILE },
    stream_ops: operations as Stream['stream_ops'],
  });
  fs.open = (path) => {
    if (path !== VIRTUAL_PATH) throw new fs.ErrnoError(NO_SUCH_FILE);
    return fs.createStream(stream(path, file));
  };
  const epoch = new Date(0);
  const ids = { dev: 1, ino: 1, nlink: 1, uid: 0, gid: 0, rdev: 0 };
  const times = { atime: epoch, mtime: epoch, ctime: epoch };
  const status = {
    ...ids,
    ...times,
    mode: READ_ONLY_FILE,
    size,
    blksize: 4096,
    blocks: Math.ceil(size / 512),
  };
  fs.fstat = () => status;
  fs.stat = (path) => {
    if (path !== VIRTUAL_PATH) throw new fs.ErrnoError(NO_SUCH_FILE);
    return status;
  };
  for (const fd of [1, 2]) fs.streams[fd] = { ...stream('', printer), fd, flags: 1 };
  limitMemory(MEMORY_FLOOR + 2 * size);
  return () => [...printed.matchAll(/^ +#\d+: .*\(\): (.*)$/gm)].at(-1)?.[1];
}

function reader({ path, offset, bytes }: Hdf5Request) {
  if (bytes !== undefined) {
    return (memory: Uint8Array, at: number, count: number, position: number): number => {
      memory.set(bytes.subarray(position, position + count), at);
      return count;
    };
  }
  // The thread's end closes it.
  const descriptor = openSync(path, 'r');
  return (memory: Uint8Array, at: number, count: number, position: number): number =>
    readSync(descriptor, memory, at, count, offset + position);
}

/** The part of WebAssembly that is replaced; Node has it, its types do not. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Sizes that a file only claims must not become memory: the library asks for it before it reads. */
function limitMemory(most: number): void {
  const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: WasmMemory } } })
    .WebAssembly;
  const { grow } = Memory.prototype;
  Memory.prototype.grow = function limited(this: WasmMemory, pages: number): number {
    if (this.buffer.byteLength + pages * 2 ** 16 > most) throw new RangeError('too much memory');
    return grow.call(this, pages);
  };
}
