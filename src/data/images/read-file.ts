import { close, fstatSync, open, read } from 'node:fs';
import { promisify } from 'node:util';

const opened = promisify(open);
const readInto = promisify(read);

/**
 * The bytes of a file. Node's own way waits four times for its thread pool, behind decodes of milliseconds each, and that of
 * node:fs/promises costs an object besides: this one waits twice.
 */
export async function readFile(path: string): Promise<Uint8Array> {
  const file = await opened(path, 'r');
  try {
    // What an open file is, is known without the disk.
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error(`it is ${stat.isDirectory() ? 'a folder' : 'not a file'}`);
    const bytes = Buffer.allocUnsafeSlow(stat.size);
    for (let length = 0; length < bytes.length; ) {
      const { bytesRead } = await readInto(file, bytes, length, bytes.length - length, null);
      if (bytesRead === 0) return bytes.subarray(0, length);
      length += bytesRead;
    }
    return bytes;
  } finally {
    // Nothing was written that closing could lose.
    close(file, () => {});
  }
}
