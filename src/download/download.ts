import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../errors.js';

/** A file at a fixed address whose content is known. */
export interface RemoteFile {
  url: string;
  bytes: number;
  /** MD5 of the content, hexadecimal. */
  md5?: string;
  /** SHA-256 of the content, hexadecimal. */
  sha256?: string;
  /** What git names the content, hexadecimal: SHA-1 of a header and the content. */
  gitBlob?: string;
}

/** How far a download is, in bytes. */
export interface DownloadProgress {
  url: string;
  received: number;
  total: number;
  /** Where the file is there and is being unpacked: `received` is what was read of it. */
  unpacking?: true;
}

/** How {@link download} goes about it. */
export interface DownloadOptions {
  onProgress?: (progress: DownloadProgress) => void;
  /** Attempts in a row that may bring nothing before it is given up. @default 4 */
  attempts?: number;
  /** Milliseconds before the second attempt; twice as long before each further one. @default 1000 */
  pause?: number;
  /** Sent with each request; credentials are left out where the server passes on to another. */
  headers?: Readonly<Record<string, string>>;
  /** Where the bytes lie until they are whole. @default the path with `.part` */
  part?: string;
}

/** An answer that no further attempt will change. */
class Refused extends Error {}

/**
 * Downloads a file, checks size and checksum, and only then gives it its name. What a broken connection (or an earlier,
 * interrupted call) left in `<path>.part` is continued.
 *
 * @throws InputError with address and reason when the server refuses, cannot be reached, or sends something else
 */
export async function download(
  file: RemoteFile,
  path: string,
  { onProgress, attempts = 4, pause = 1000, headers, part = `${path}.part` }: DownloadOptions = {},
): Promise<void> {
  let failures = 0;
  let most = sizeOf(part);
  while (sizeOf(part) < file.bytes) {
    try {
      await receive(file, part, { onProgress, headers });
      if (sizeOf(part) < file.bytes) throw new Error(`the connection ended after ${sizeOf(part)} bytes`);
    } catch (error) {
      if (sizeOf(part) > most) failures = 0;
      most = Math.max(most, sizeOf(part));
      if (error instanceof Refused || ++failures >= attempts) {
        throw new InputError(`Could not download ${file.url}: ${reasonOf(error)}.`);
      }
      await sleep(pause * 2 ** (failures - 1));
    }
  }
  const problem = await mismatch(part, file);
  if (problem) {
    rmSync(part);
    throw new InputError(`Could not download ${file.url}: ${problem}. The file was removed; try again.`);
  }
  renameSync(part, path);
}

/** What is wrong with a file that should be `expected`; undefined when it is the one. */
export async function mismatch(path: string, expected: RemoteFile): Promise<string | undefined> {
  const bytes = sizeOf(path);
  if (bytes !== expected.bytes) return `expected ${expected.bytes} bytes, received ${bytes}`;
  for (const { kind, title, algorithm, prefix } of CHECKSUMS) {
    const wanted = expected[kind];
    if (wanted === undefined) continue;
    const hash = createHash(algorithm).update(prefix?.(bytes) ?? '');
    await pipeline(createReadStream(path), hash);
    const found = hash.digest('hex');
    if (found !== wanted) return `expected the ${title} checksum ${wanted}, received ${found}`;
  }
  return undefined;
}

/** Ways to know the content of a file: each is a property of {@link RemoteFile}. */
const CHECKSUMS: readonly {
  kind: 'md5' | 'sha256' | 'gitBlob';
  title: string;
  algorithm: string;
  /** What is hashed before the content, by its size. */
  prefix?: (bytes: number) => string;
}[] = [
  { kind: 'md5', title: 'MD5', algorithm: 'md5' },
  { kind: 'sha256', title: 'SHA-256', algorithm: 'sha256' },
  { kind: 'gitBlob', title: 'git', algorithm: 'sha1', prefix: (bytes) => `blob ${bytes}\0` },
];

/** One request: appends to `part` where the server continues, writes it anew where it starts over. */
async function receive(
  { url, bytes }: RemoteFile,
  part: string,
  { onProgress, headers: given }: Pick<DownloadOptions, 'onProgress' | 'headers'>,
): Promise<void> {
  const have = sizeOf(part);
  // Servers that label a .tar.gz as gzip-encoded would have it unpacked on the way.
  const headers: Record<string, string> = { ...given, 'accept-encoding': 'identity' };
  if (have > 0) headers.range = `bytes=${have}-`;
  const response = await fetch(url, { headers });
  const continued = response.headers.get('content-range')?.startsWith(`bytes ${have}-`) ?? false;
  if (response.status === 416 || (response.status === 206 && !continued)) {
    rmSync(part, { force: true });
    await response.body?.cancel();
    throw new Error('the server could not continue the download');
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const answer = `the server answered ${response.status} ${response.statusText}`.trim();
    const isTemporary = response.status >= 500 || response.status === 408 || response.status === 429;
    throw isTemporary ? new Error(answer) : new Refused(answer);
  }
  let received = response.status === 206 ? have : 0;
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.length;
      onProgress?.({ url, received, total: bytes });
      done(received > bytes ? new Refused(`it is larger than the ${bytes} bytes expected`) : null, chunk);
    },
  });
  const flags = response.status === 206 ? 'a' : 'w';
  try {
    await pipeline(Readable.fromWeb(response.body), count, createWriteStream(part, { flags }));
  } catch (error) {
    if (error instanceof Refused) rmSync(part, { force: true });
    throw error;
  }
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);

/** fetch() says only "fetch failed" and keeps the reason as the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message ? `${message} (${cause.message})` : message;
}
