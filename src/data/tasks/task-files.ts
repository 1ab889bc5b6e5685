import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DownloadOptions,
  download,
  mismatch,
  type RemoteFile,
  unpackArchive,
} from '../../download/index.js';
import { InputError } from '../../errors.js';
import type { TaskOptions } from './entry.js';
import { lacking, locate } from './locate.js';
import { isArchive, nameOf, type TaskArchive, type TaskFile, type TaskFiles } from './task-file.js';

export { bytesOf, nameOf, type TaskArchive, type TaskFile, type TaskFiles } from './task-file.js';

/**
 * Finds the files of a task in `data` (that folder, or the task's own folder in it), or else in the cache, where those
 * that are missing are downloaded to and archives are unpacked. Files in the cache are checked, and archives everywhere;
 * other files in `data` may be parts of the data set.
 *
 * @returns in their order, the path of each file, and of each archive its folder's; in `data` a file `x.gz` may also be
 * there as `x`
 * @throws InputError for a missing folder or file, a checksum that does not match, a failed download
 */
export async function provideFiles(
  task: TaskFiles,
  { data, cache, ...download }: TaskOptions & DownloadOptions,
): Promise<string[]> {
  const directory = join(cache, 'data', task.folder);
  const isByHand = task.byHand !== undefined;
  if (data === undefined && isByHand && !existsSync(directory)) throw lacking(task, task.files, directory);
  const paths: string[] = [];
  if (data !== undefined || isByHand) {
    for (const { file, path, isPacked } of locate(task, data ?? directory))
      paths.push(isPacked && isArchive(file) ? await unpacked(file, path, directory, download) : path);
    return paths;
  }
  for (const file of task.files) paths.push(await provide(file, task, { directory, ...download }));
  return paths;
}

async function provide(
  file: TaskFile | TaskArchive,
  task: TaskFiles,
  { directory, ...options }: DownloadOptions & { directory: string },
): Promise<string> {
  if (isArchive(file) && existsSync(join(directory, file.folder))) return join(directory, file.folder);
  const path = join(directory, nameOf(file));
  const wasThere = existsSync(path);
  if (!wasThere) await fetchFile(file, path, task, { directory, ...options });
  if (isArchive(file)) {
    const folder = await unpacked(file, path, directory, options, { isChecked: !wasThere });
    if (!wasThere) rmSync(path);
    return folder;
  }
  if (wasThere) await check(file, path);
  return path;
}

async function unpacked(
  archive: TaskArchive,
  path: string,
  directory: string,
  options: DownloadOptions,
  { isChecked = false } = {},
): Promise<string> {
  const folder = join(directory, archive.folder);
  if (existsSync(folder)) return folder;
  if (!isChecked) await check(archive, path);
  mkdirSync(directory, { recursive: true });
  await unpackArchive(archive, path, directory, options);
  return folder;
}

async function check(file: RemoteFile, path: string): Promise<void> {
  const problem = await mismatch(path, file);
  if (problem === undefined) return;
  throw new InputError(`${path} is not the file of ${file.url}: ${problem}. Remove it and try again.`);
}

async function fetchFile(
  file: RemoteFile,
  path: string,
  task: TaskFiles,
  { directory, ...options }: DownloadOptions & { directory: string },
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  try {
    await download(file, path, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const wanted = task.files.map((other) => `${nameOf(other)} (${other.bytes} bytes, from ${other.url})`);
    throw new InputError(
      `${error.message} Without a connection: put ${task.title}'s files ${wanted.join(', ')} into ${directory}, ` +
        'or into any folder and name it with --data DIR.',
    );
  }
}
