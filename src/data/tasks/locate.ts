import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, invalid } from '../../errors.js';
import { isArchive, nameOf, type TaskArchive, type TaskFile, type TaskFiles } from './task-file.js';

/** A file of a task in a folder that the user named. */
export interface Located {
  file: TaskFile | TaskArchive;
  /** Its path; of an archive its folder's, or its own where it is still packed. */
  path: string;
  isPacked: boolean;
}

/**
 * The files of a task in `data`, or in the task's own folder in it.
 *
 * @throws InputError for a missing folder or file
 */
export function locate(task: TaskFiles, data: string): Located[] {
  if (!existsSync(data) || !statSync(data).isDirectory())
    throw invalid('--data', 'an existing folder', data, wayOut(task));
  const candidates = [data, join(data, task.folder)].filter((candidate) => existsSync(candidate));
  const missing = (candidate: string) => task.files.filter((file) => find(candidate, file) === undefined);
  const best = candidates.reduce((a, b) => (missing(b).length < missing(a).length ? b : a));
  if (missing(best).length > 0) throw lacking(task, missing(best), best);
  return task.files.map((file) => find(best, file)!);
}

/** Says which files a folder lacks, and where to get them. */
export function lacking(task: TaskFiles, missing: TaskFiles['files'], folder: string): InputError {
  const { title, byHand } = task;
  if (byHand !== undefined) {
    const wanted = missing.map((file) => `${nameOf(file)} (${file.bytes} bytes)${unpackedTo(file)}`);
    return new InputError(`No ${title} in ${folder}: it lacks ${wanted.join(', ')}. ${byHand}`);
  }
  const names = missing.map((file) => `${nameOf(file)}${unpackedTo(file)}`);
  const [{ url }] = missing as [TaskFile];
  return new InputError(
    `No ${title} in ${folder}: it lacks ${names.join(', ')}. ` +
      `Put them there from ${url.slice(0, -nameOf({ url }).length)}, or leave --data out to have them downloaded.`,
  );
}

const unpackedTo = (file: TaskFile | TaskArchive): string =>
  isArchive(file) ? `, or its folder ${file.folder}` : '';

const wayOut = ({ title, byHand }: TaskFiles): string =>
  byHand ?? `Leave --data out to have ${title} downloaded.`;

function find(folder: string, file: TaskFile | TaskArchive): Located | undefined {
  const at = (path: string, isPacked = false) => (existsSync(path) ? { file, path, isPacked } : undefined);
  const own = join(folder, nameOf(file));
  if (!isArchive(file)) {
    const other = file.elsewhere === undefined ? undefined : at(join(folder, file.elsewhere));
    return at(own) ?? at(own.replace(/\.gz$/, '')) ?? other;
  }
  const { holds } = file;
  const isItself = holds?.every((name) => existsSync(join(folder, name))) ?? false;
  return at(join(folder, file.folder)) ?? (isItself ? at(folder) : undefined) ?? at(own, true);
}
