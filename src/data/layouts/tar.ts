import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { InputError } from '../../errors.js';
import { TarFiles } from '../images/index.js';
import { indexTar, plainTar, type TarIndex } from '../tar/index.js';
import { isImage, subfolders } from './image-files.js';
import type { Found, Layout, LayoutOptions } from './layout.js';
import { classNamesIn, expanded, filesIn, isFile, isFolder, isPattern } from './places.js';
import { repeatsOf } from './repeats.js';
import { splitOfFile } from './split-words.js';
import { readFolders } from './tar-folders.js';
import { holdsSamples, readSamples } from './webdataset.js';

const TAR = /\.(tar|tar\.gz|tgz)$/i;

/** Tar archives, which stay as they are: of class folders, one a class, one a split, or WebDataset's shards. */
export const tar: Layout = {
  title: 'tar archives: of class folders, one a class, or WebDataset shards',
  argument: 'FILE.tar, FOLDER of them, or shard-{000..099}.tar',
  matches: (place) =>
    (isPattern(place) && TAR.test(place)) ||
    (TAR.test(place) && isFile(place)) ||
    (isFolder(place) && filesIn(place, TAR).length > 0 && subfolders(place).length === 0),
  load: async (place, options) => load(place, options),
};

async function load(named: string, { cache }: LayoutOptions): Promise<Found> {
  // Names of images are taken relative to the origin: both begin alike, however the place was put.
  const place = resolve(named);
  const archives = isPattern(place) ? expanded(place) : isFolder(place) ? filesIn(place, TAR) : [place];
  const indexes: TarIndex[] = [];
  // One by one: reading and unpacking are bound by the disk.
  for (const path of archives) indexes.push(indexTar(path, cache, { file: await plainTar(path, cache) }));
  const files = new TarFiles(indexes);
  const root = isFolder(place) ? place : dirname(place);
  const found = { name: nameOf(place), origin: isPattern(place) ? root : place };
  const splits = archives.map((path) => splitOfFile(basename(path)));
  checkRepeats(files);
  const images = holdsSamples(files)
    ? readSamples(files, { splits, names: classNamesIn(root, (path) => readFileSync(path, 'utf8')) })
    : readFolders(files, splits);
  checkSplits(images.splits, place);
  return { ...found, ...images };
}

const nameOf = (place: string): string =>
  basename(resolve(place))
    .replace(TAR, '')
    .replace(/[-_.]*\{.*\}/, '');

/** Programs that unpack take the last of two files of one name; here one would be trained on, and the other tested. */
function checkRepeats(files: TarFiles): void {
  const nameOf = (row: number) => files.nameOf(row);
  for (const [first] of repeatsOf(files.length, nameOf)) {
    if (!isImage(nameOf(first))) continue;
    throw new InputError(
      `${nameOf(first)} is in the archive twice. Unpack it and pack it again: the last one is then kept.`,
    );
  }
}

/** Images of no split, beside those of splits, would be left out. */
function checkSplits({ all, ...others }: Found['splits'], place: string): void {
  const names = Object.keys(others);
  if (names.length === 0 || all?.source.kind !== 'encoded') return;
  throw new InputError(
    `${all.source.images.nameOf(0)} is of no split, and other images of ${place} are of ${names.join(' and ')}. ` +
      'Give all of them one by the names of their archives or folders, or name the archives to take by a pattern.',
  );
}
