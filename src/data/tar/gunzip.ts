import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '../../errors.js';

/** First two bytes of what gzip wrote. */
const GZIP = 0x1f8b;
const ENDINGS = /\.(tar|tar\.gz|tgz)$/i;

/** Whether an archive is compressed: by its first bytes, for names are often wrong. */
export function isGzipped(path: string): boolean {
  const start = Buffer.alloc(2);
  const opened = openSync(path, 'r');
  try {
    return readSync(opened, start) === 2 && start.readUInt16BE() === GZIP;
  } finally {
    closeSync(opened);
  }
}

/**
 * A key that changes when a file does.
 *
 * @throws InputError where there is no such file
 */
export function keyOfFile(path: string): string {
  const { size, mtimeMs } = orNamed(path, () => statSync(path));
  return createHash('sha256')
    .update(`${resolve(path)}\n${size}\n${mtimeMs}`)
    .digest('hex')
    .slice(0, 32);
}

/**
 * The plain archive that a compressed one holds, in the cache: a compressed one can only be read from its start. It is
 * made once, aside and then renamed.
 *
 * @returns its path; the given one where it is not compressed
 * @throws InputError where it cannot be read or unpacked
 */
export async function plainTar(path: string, cache: string): Promise<string> {
  const folder = join(cache, 'data', 'unpacked');
  if (!orNamed(path, () => isGzipped(path))) return path;
  const target = join(folder, `${basename(path).replace(ENDINGS, '')}-${keyOfFile(path)}.tar`);
  if (existsSync(target)) return target;
  // Two of one process may be at it at the same time.
  const aside = `${target}.${randomUUID()}.part`;
  try {
    mkdirSync(folder, { recursive: true });
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(aside));
    renameSync(aside, target);
  } catch (error) {
    // A full disk says so itself; to get the archive again would not help.
    const { code, message } = error as NodeJS.ErrnoException;
    const next = code?.startsWith('Z') ? 'Get it again.' : `It needs room and rights in ${folder}.`;
    throw new InputError(`${path} cannot be unpacked: ${message}. ${next}`);
  } finally {
    if (existsSync(aside)) rmSync(aside);
  }
  return target;
}

function orNamed<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new InputError(`Cannot read ${path}: ${(error as Error).message}.`);
  }
}
