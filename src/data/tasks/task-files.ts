import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, invalid } from '../../errors.js';
import { type DownloadOptions, download, mismatch, type RemoteFile } from '../download.js';
import type { TaskOptions } from './entry.js';

/** The files of a task that are used as they are downloaded. */
export interface TaskFiles {
  /** Of the data set, for messages. */
  title: string;
  /** Folder that they go into: in the cache, and maybe in the one that is named with `--data`. */
  folder: string;
  files: readonly RemoteFile[];
}

/** The name of a remote file: the last part of its address. */
export const nameOf = ({ url }: RemoteFile): string => url.slice(url.lastIndexOf('/') + 1);

/**
 * Finds the files of a task in `data` (that folder, or the task's own folder in it), or else in the cache, where those
 * that are missing are downloaded to. Files in the cache are checked; those in `data` may be parts of the data set.
 *
 * @returns the files' paths, in their order; in `data` a file `x.gz` may also be there as `x`
 * @throws InputError for a missing folder or file, a checksum that does not match, a failed download
 */
export async function provideFiles(
  task: TaskFiles,
  { data, cache, ...download }: TaskOptions & DownloadOptions,
): Promise<string[]> {
  if (data !== undefined) return locate(task, data);
  const directory = join(cache, 'data', task.folder);
  mkdirSync(directory, { recursive: true });
  const paths: string[] = [];
  for (const file of task.files) paths.push(await provide(file, task, { directory, ...download }));
  return paths;
}

async function provide(
  file: RemoteFile,
  { title, files }: TaskFiles,
  { directory, ...options }: DownloadOptions & { directory: string },
): Promise<string> {
  const path = join(directory, nameOf(file));
  if (existsSync(path)) {
    const problem = await mismatch(path, file);
    if (problem === undefined) return path;
    throw new InputError(`${path} is not the file of ${file.url}: ${problem}. Remove it and try again.`);
  }
  try {
    await download(file, path, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const wanted = files.map((other) => `${nameOf(other)} (${other.bytes} bytes, from ${other.url})`);
    throw new InputError(
      `${error.message} Without a connection: put ${title}'s files ${wanted.join(', ')} into ${directory}, ` +
        'or into any folder and name it with --data DIR.',
    );
  }
  return path;
}

function locate({ title, folder, files }: TaskFiles, data: string): string[] {
  const wayOut = `Leave --data out to have ${title} downloaded.`;
  if (!existsSync(data) || !statSync(data).isDirectory())
    throw invalid('--data', 'an existing folder', data, wayOut);
  const candidates = [data, join(data, folder)].filter((candidate) => existsSync(candidate));
  const missing = (candidate: string) => files.filter((file) => find(candidate, file) === undefined);
  const best = candidates.reduce((a, b) => (missing(b).length < missing(a).length ? b : a));
  if (missing(best).length > 0) {
    throw new InputError(
      `No ${title} in ${best}: it lacks ${missing(best).map(nameOf).join(', ')}. ` +
        `Put them there from ${files[0]!.url.slice(0, -nameOf(files[0]!).length)}, or leave --data out to have them downloaded.`,
    );
  }
  return files.map((file) => find(best, file)!);
}

function find(folder: string, file: RemoteFile): string | undefined {
  const path = join(folder, nameOf(file));
  return [path, path.replace(/\.gz$/, '')].find((candidate) => existsSync(candidate));
}
