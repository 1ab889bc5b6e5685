import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { InputError } from '../../errors.js';
import { type NameTable, TarFiles, TarImages } from '../images/index.js';
import { indexTar, plainTar } from '../tar/index.js';
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

async function load(place: string, { cache }: LayoutOptions): Promise<Found> {
  const archives = isPattern(place) ? expanded(place) : isFolder(place) ? filesIn(place, TAR) : [place];
  const plain = await Promise.all(archives.map((path) => plainTar(path, cache)));
  const files = new TarFiles(plain.map((path) => indexTar(path, cache)));
  const root = resolve(isFolder(place) ? place : dirname(place));
  const found = {
    name: nameOf(place),
    origin: isFolder(place) ? place : isPattern(place) ? dirname(place) : place,
  };
  const splits = archives.map((path) => splitOfFile(basename(path)));
  if (holdsSamples(files)) {
    const names = classNamesIn(root, (path) => readFileSync(path, 'utf8'));
    return { ...found, ...(await readSamples(files, { splits, ...(names && { names }) })) };
  }
  return { ...found, ...readFolders(files, archives, splits) };
}

const nameOf = (place: string): string =>
  basename(resolve(place))
    .replace(TAR, '')
    .replace(/[-_.]*\{.*\}/, '');

/** Images by the folders that they are in: `[root/][train/]CLASS/...`; an archive without folders is a class of its own. */
function readFolders(
  files: TarFiles,
  archives: readonly string[],
  splits: readonly (string | undefined)[],
): Pick<Found, 'classes' | 'splits'> {
  const collector = new Collector();
  let row = 0;
  for (const [i, { names, path }] of files.indexes.entries()) {
    const root = commonFolder(names);
    const own = basename(archives[i]!).replace(TAR, '');
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
      const folder = folders[root.depth]?.replace(TAR, '');
      if (folder !== undefined) collector.add(row, splits[i] ?? 'all', folder);
      else if (root.isFlat && archives.length > 1 && splits[i] === undefined) collector.add(row, 'all', own);
      else {
        throw new InputError(
          `${path}: ${name} is in no class folder. Pack the folders of the classes, or one archive a class.`,
        );
      }
    }
  }
  const all = Int32Array.from({ length: files.length }, (_, file) => file);
  return collector.found(new TarImages(files, all));
}

const isVisibleImage = (name: string): boolean => isImage(name) && !basename(name).startsWith('.');

/** How deep the folder lies that all images of an archive have in common, and whether they all lie directly in it. */
function commonFolder(names: NameTable): { depth: number; isFlat: boolean } {
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
  return { depth: common?.length ?? 0, isFlat };
}
