import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { InputError } from '../../errors.js';
import { type NameTable, TarFiles, TarImages } from '../images/index.js';
import { indexTar, plainTar, type TarIndex } from '../tar/index.js';
import { Collector } from './collect.js';
import { isImage, subfolders } from './image-files.js';
import type { Found, Layout, LayoutOptions } from './layout.js';
import {
  classNamesIn,
  expanded,
  filesIn,
  isFile,
  isFolder,
  isPattern,
  splitNamed,
  splitOfFile,
} from './places.js';
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
  if (holdsSamples(files)) {
    const names = classNamesIn(root, (path) => readFileSync(path, 'utf8'));
    return { ...found, ...readSamples(files, { splits, ...(names && { names }) }) };
  }
  return { ...found, ...readFolders(files, splits) };
}

const nameOf = (place: string): string =>
  basename(resolve(place))
    .replace(TAR, '')
    .replace(/[-_.]*\{.*\}/, '');

/**
 * Images by the folders that they are in: `[root/][train/]CLASS/...`. Archives without class folders are classes of their own,
 * where there are several.
 */
function readFolders(
  files: TarFiles,
  splits: readonly (string | undefined)[],
): Pick<Found, 'classes' | 'splits'> {
  const { indexes } = files;
  const roots = indexes.map(({ names }) => commonFolder(names));
  // A class may be called freight-train: only where each name is that of a split, they are splits.
  const areClasses = indexes.length > 1 && roots.every(({ isFlat }) => isFlat) && splits.includes(undefined);
  const collector = new Collector();
  let row = 0;
  for (const [i, { names, path }] of indexes.entries()) {
    const own = basename(path).replace(TAR, '');
    for (let member = 0; member < names.length; member++, row++) {
      const name = names.at(member);
      if (!isVisibleImage(name)) continue;
      const folders = name.split('/').slice(0, -1);
      const at = folders.findIndex(
        (folder, depth) => depth < folders.length - 1 && splitNamed(folder) !== undefined,
      );
      if (at >= 0) {
        collector.add(row, splitNamed(folders[at]!)!, folders[at + 1]!);
        continue;
      }
      if (areClasses) {
        collector.add(row, 'all', own);
        continue;
      }
      // An archive may have the images of one class only: its folder is then the last one.
      const folder = (folders[roots[i]!.depth] ?? folders.at(-1))?.replace(TAR, '');
      if (folder === undefined) {
        throw new InputError(
          `${path}: ${name} is in no class folder. Pack the folders of the classes, or one archive a class.`,
        );
      }
      collector.add(row, splits[i] ?? 'all', folder);
    }
    if (areClasses && !roots[i]!.hasImages)
      throw new InputError(
        `${path} has no images, and is one of several classes. Add some, or move it away.`,
      );
  }
  const all = Int32Array.from({ length: files.length }, (_, file) => file);
  return collector.found(new TarImages(files, all));
}

const isVisibleImage = (name: string): boolean => isImage(name) && !basename(name).startsWith('.');

/** How deep the folder lies that all images of an archive have in common, and whether they all lie directly in it. */
function commonFolder(names: NameTable): { depth: number; isFlat: boolean; hasImages: boolean } {
  let common: string[] | undefined;
  let isFlat = true;
  for (let member = 0; member < names.length; member++) {
    const name = names.at(member);
    if (!isVisibleImage(name)) continue;
    const folders = name.split('/').slice(0, -1);
    if (!common) {
      common = folders;
      continue;
    }
    let depth = 0;
    while (depth < common.length && folders[depth] === common[depth]) depth++;
    if (depth < common.length || folders.length > depth) isFlat = false;
    common = common.slice(0, depth);
  }
  return { depth: common?.length ?? 0, isFlat, hasImages: common !== undefined };
}
