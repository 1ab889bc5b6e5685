import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '../../errors.js';

/** Whether an archive is compressed, by its name. */
export const isGzipped = (path: string): boolean => /\.(tar\.gz|tgz)$/i.test(path);

/** A key that changes when a file does. */
export function keyOfFile(path: string): string {
  const { size, mtimeMs } = statSync(path);
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
 * @throws InputError where it cannot be unpacked
 */
export async function plainTar(path: string, cache: string): Promise<string> {
  if (!isGzipped(path)) return path;
  const folder = join(cache, 'data', 'unpacked');
  const target = join(folder, `${basename(path).replace(/\.(tar\.gz|tgz)$/i, '')}-${keyOfFile(path)}.tar`);
  if (existsSync(target)) return target;
  mkdirSync(folder, { recursive: true });
  const aside = `${target}.${process.pid}.part`;
  try {
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(aside));
    renameSync(aside, target);
  } catch (error) {
    throw new InputError(`${path} cannot be unpacked: ${(error as Error).message}. Get it again.`);
  } finally {
    rmSync(aside, { force: true });
  }
  return target;
}
