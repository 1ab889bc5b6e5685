import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { type DownloadOptions, download, mismatch, type RemoteFile } from './download.js';
import { untar } from './untar.js';

/** A tar archive, gzipped or not, at a fixed address; one folder in it is used. */
export interface RemoteArchive extends RemoteFile {
  /** Name of the folder in it. */
  folder: string;
}

/**
 * The archive's folder, unpacked in `directory`: what is there already is used, an archive that was put there as well, and
 * otherwise it is downloaded.
 *
 * @returns path of the folder
 * @throws InputError when it cannot be had: which file to put where
 */
export async function provideArchive(
  archive: RemoteArchive,
  directory: string,
  options: DownloadOptions = {},
): Promise<string> {
  const target = join(directory, archive.folder);
  if (existsSync(target)) return target;
  mkdirSync(directory, { recursive: true });
  const name = archive.url.slice(archive.url.lastIndexOf('/') + 1);
  const file = join(directory, name);
  if (existsSync(file)) {
    const problem = await mismatch(file, archive);
    if (problem)
      throw new InputError(
        `${file} is not the archive of ${archive.url}: ${problem}. Remove it and try again.`,
      );
    await unpackArchive(archive, file, directory, options);
    return target;
  }
  try {
    await download(archive, file, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${error.message} Without a connection: put ${name} (${archive.bytes} bytes, from ${archive.url}) into ${directory}, ` +
        `or unpack it anywhere and name the folder with --data DIR.`,
    );
  }
  await unpackArchive(archive, file, directory, options);
  rmSync(file);
  return target;
}

/**
 * Unpacks the archive in `file` into `directory`: beside the target at first, so that a folder under its own name is
 * always complete.
 *
 * @throws InputError when it is no archive, is damaged, or lacks its folder
 */
export async function unpackArchive(
  { url, folder }: Pick<RemoteArchive, 'url' | 'folder'>,
  file: string,
  directory: string,
  { onProgress }: Pick<DownloadOptions, 'onProgress'> = {},
): Promise<void> {
  const aside = mkdtempSync(join(directory, '.unpacking-'));
  try {
    await untar(file, aside, (received, total) => onProgress?.({ url, received, total, unpacking: true }));
    renameSync(join(aside, folder), join(directory, folder));
  } catch (error) {
    // Another process may have been faster: its folder is as good.
    if (existsSync(join(directory, folder))) return;
    throw new InputError(
      `Could not unpack ${file}: ${(error as Error).message.trim()}. Unpack it by hand into ${directory} (tar -xf).`,
    );
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
