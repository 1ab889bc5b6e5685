import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** First two bytes of what gzip wrote. */
const GZIP = 0x1f8b;
/** What comes of writing to a program that reads no further: after the end of the archive, or where it gave up. */
const CLOSED = new Set(['EPIPE', 'ECONNRESET', 'EOF', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * Unpacks a tar archive, gzipped or not, whatever its name says, with the system's tar: part of Linux, macOS and
 * Windows 10 or newer. Both GNU tar and bsdtar keep members within the folder: names that lead out of it are cut short or
 * refused, and nothing is written through a link that the archive brings.
 *
 * @param onProgress told how many bytes of the archive were read, and how many it has
 * @throws Error with what tar said
 */
export async function untar(
  file: string,
  folder: string,
  onProgress?: (received: number, total: number) => void,
): Promise<void> {
  const total = statSync(file).size;
  let received = 0;
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.length;
      onProgress?.(received, total);
      done(null, chunk);
    },
  });
  const tar = spawn('tar', ['-xf', '-', '-C', folder], { stdio: ['pipe', 'ignore', 'pipe'] });
  const said = textOf(tar.stderr);
  const ended: Promise<number | null> = once(tar, 'close').then(([code]) => code as number | null);
  // Fed from here, so that progress is known; tar does not recognise compression in a pipe.
  const stages = isGzip(file) ? [count, createGunzip()] : [count];
  const fed = pipeline([createReadStream(file), ...stages, tar.stdin]);
  const [code, feeding] = await Promise.allSettled([ended, fed]);
  if (code.status === 'rejected') throw code.reason;
  if (feeding.status === 'rejected' && !CLOSED.has(feeding.reason.code)) throw feeding.reason;
  if (code.value !== 0) throw new Error((await said).trim() || `tar ended with the code ${code.value}`);
}

function isGzip(file: string): boolean {
  const start = Buffer.alloc(2);
  const opened = openSync(file, 'r');
  try {
    return readSync(opened, start) === 2 && start.readUInt16BE() === GZIP;
  } finally {
    closeSync(opened);
  }
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) if (text.length < 2000) text += chunk;
  return text;
}
