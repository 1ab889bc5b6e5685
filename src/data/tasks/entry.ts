import type { DownloadOptions } from '../../download/index.js';
import type { Task } from '../dataset.js';

/** What a named task is loaded with. */
export interface TaskOptions {
  /** Folder that holds the task's files; without it they are taken from the cache, or downloaded into it. */
  data?: string;
  /** Folder for downloads: files go into its subfolder `data`. */
  cache: string;
  /** Receives the progress of a download. */
  onProgress?: DownloadOptions['onProgress'];
}

/** One row of the table of named tasks: what is known before anything is loaded, and how to load it. */
export interface TaskEntry {
  title: string;
  /** Number of classes. */
  classes: number;
  /** Number of images of the official splits. */
  images: { train: number; test: number };
  /** `[height, width]` of the images in pixels, where they all have the same. */
  imageShape?: readonly [height: number, width: number];
  /** Bytes that are downloaded when they are not there yet; absent where people have to get the files themselves. */
  downloadBytes?: number;
  licence: string;
  origin: string;
  load: (options: TaskOptions) => Promise<Task>;
}
