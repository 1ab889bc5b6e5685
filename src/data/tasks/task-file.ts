import type { RemoteArchive, RemoteFile } from '../../download/index.js';

/** A file of a task. */
export interface TaskFile extends RemoteFile {
  /** Where else it may be, relative to the task's folder. */
  elsewhere?: string;
}

/** An archive of a task: what is used is its folder. */
export interface TaskArchive extends RemoteArchive {
  /** What the folder holds, by which it is known where it is itself named with `--data`. @default it is not looked for */
  holds?: readonly string[];
}

/** The files of a task, which are used as they are downloaded, or unpacked. */
export interface TaskFiles {
  /** Of the data set, for messages. */
  title: string;
  /** Folder that they go into: in the cache, and maybe in the one that is named with `--data`. */
  folder: string;
  files: readonly (TaskFile | TaskArchive)[];
  /** Where people get them from, where their addresses serve them no longer. @default they are downloaded */
  byHand?: string;
}

/** The name of a remote file: the last part of its address. */
export const nameOf = ({ url }: Pick<RemoteFile, 'url'>): string => url.slice(url.lastIndexOf('/') + 1);

/** What is downloaded of a task, in bytes. */
export const bytesOf = ({ files }: Pick<TaskFiles, 'files'>): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Whether a file of a task is an archive. */
export const isArchive = (file: TaskFile | TaskArchive): file is TaskArchive => 'folder' in file;
