import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Found, Layout, LayoutOptions } from './layout.js';
import { holdsParquet, isParquet, parquetBelow, splitsOf } from './parquet-files.js';
import { readParquet } from './read-parquet.js';

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Parquet files with a column of encoded images and one of labels, as Hugging Face's `datasets` writes them: one, or a folder
 * of them whose names or folders tell the split (`train-00000-of-00002.parquet`, `test/0000.parquet`).
 */
export const parquet: Layout = {
  title: 'parquet files with images and labels',
  argument: 'FILE.parquet or FOLDER of them',
  matches: (place) => (isFolder(place) ? holdsParquet(place) : isParquet(place) && existsSync(place)),
  load: (place, options) => load(resolve(place), options),
};

async function load(place: string, options: LayoutOptions): Promise<Found> {
  const found = { name: basename(place).replace(/\.parquet$/i, ''), origin: place };
  if (!isFolder(place)) {
    const files = new Map([['all', [basename(place)]]]);
    return { ...found, ...(await readParquet(dirname(place), files, options)) };
  }
  const splits = splitsOf(parquetBelow(place), place, { naming: (config) => `${place}/${config}` });
  return { ...found, ...(await readParquet(place, splits, options)) };
}
