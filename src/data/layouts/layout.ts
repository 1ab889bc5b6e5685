import type { DownloadOptions } from '../../download/index.js';
import type { Dataset } from '../dataset.js';
import type { ColumnOptions } from '../parquet/index.js';

/** What a layout is read with. Columns matter where images are in lists or tables. */
export interface LayoutOptions extends ColumnOptions {
  /** Folder for what is downloaded or indexed: files go into its subfolder `data`. */
  cache: string;
  /** Receives the progress of a download. */
  onProgress?: DownloadOptions['onProgress'];
  /** Column of a list that says which split an image is of. @default by its name, where there is one */
  splitColumn?: string | undefined;
  /** Takes images that links lead to out of the data's own folder. @default false */
  followLinks?: boolean | undefined;
}

/** The images of one place, as they were found. */
export interface Found {
  /** What the task is called. */
  name: string;
  /** Class names, sorted by code units unless the data has an order of its own. */
  classes: readonly string[];
  /** Data sets by the split that the data says they are of; `all` where it says nothing. */
  splits: Readonly<Record<string, Dataset>>;
  /** Path or address that it came from. */
  origin: string;
  /** Path that names of images are taken relative to. @default origin */
  root?: string;
  licence?: string;
}

/** A way in which people keep labelled images: a row of the table of layouts. */
export interface Layout {
  /** What it is called in messages and lists. */
  title: string;
  /** How it is named as a task, for example `FOLDER`. */
  argument: string;
  /** Whether a place (a path, or `hf:OWNER/NAME`) is of this layout: a quick look, without reading images. */
  matches(place: string): boolean;
  /**
   * @throws InputError that names the file, and the line or row in it, that is not as it should be
   */
  load(place: string, options: LayoutOptions): Promise<Found>;
}
