import { basename } from 'node:path';
import { InputError } from '../../errors.js';
import { type NameTable, type TarFiles, TarImages } from '../images/index.js';
import { Collector } from './collect.js';
import { isHidden, isImage } from './image-files.js';
import type { Found } from './layout.js';
import { splitNamed } from './split-words.js';

const ENDING = /\.(tar|tar\.gz|tgz)$/i;

/**
 * Images by the folders that they are in: `[root/][train/]CLASS/...`. Archives without class folders are classes of their own,
 * where there are several.
 *
 * @param splits of the archives, by their names
 * @throws InputError that names the image that is in no class folder, or of a class that is not trained on
 */
export function readFolders(
  files: TarFiles,
  splits: readonly (string | undefined)[],
): Pick<Found, 'classes' | 'splits'> {
  const { indexes } = files;
  const contents = indexes.map(({ names }) => contentOf(names));
  // A class may be called freight-train: only where each name is that of a split, they are splits.
  const areClasses =
    indexes.length > 1 && contents.every(({ isFlat }) => isFlat) && splits.includes(undefined);
  const isLeftOut = leftOut(contents, areClasses ? [] : splits);
  const collector = new Collector();
  let row = 0;
  for (const [i, { names, path }] of indexes.entries()) {
    const { depth, hasImages } = contents[i]!;
    const own = basename(path).replace(ENDING, '');
    for (let member = 0; member < names.length; member++, row++) {
      const name = names.at(member);
      if (!isVisibleImage(name)) continue;
      const folders = foldersOf(name);
      const at = splitAt(folders);
      const split = (at < 0 ? undefined : splitNamed(folders[at]!)) ?? (areClasses ? undefined : splits[i]);
      if (isLeftOut(split)) continue;
      // An archive may have the images of one class only: its folder is then the last one.
      const folder = at < 0 ? (folders[depth] ?? folders.at(-1))?.replace(ENDING, '') : folders[at + 1];
      const className = at < 0 && areClasses ? own : folder;
      if (className === undefined) {
        throw new InputError(
          `${path}: ${name} is in no class folder. Pack the folders of the classes, or one archive a class.`,
        );
      }
      collector.add(row, split ?? 'all', className);
    }
    if (areClasses && !hasImages)
      throw new InputError(
        `${path} has no images, and is one of several classes. Add some, or move it away.`,
      );
  }
  const all = Int32Array.from({ length: files.length }, (_, file) => file);
  const found = collector.found(new TarImages(files, all));
  checkTrained(found);
  return found;
}

const isVisibleImage = (name: string): boolean => isImage(name) && !isHidden(name);

const foldersOf = (name: string): string[] => name.split('/').slice(0, -1);

/** Which of the folders is that of a split, with that of a class behind it; -1 where there is none. */
const splitAt = (folders: readonly string[]): number =>
  folders.findIndex((folder, depth) => depth < folders.length - 1 && splitNamed(folder) !== undefined);

interface Content {
  /** How deep the folder lies that all images have in common. */
  depth: number;
  /** Whether all images lie directly in it. */
  isFlat: boolean;
  hasImages: boolean;
  /** Those that folders are called by. */
  splits: ReadonlySet<string>;
}

function contentOf(names: NameTable): Content {
  const splits = new Set<string>();
  let common: string[] | undefined;
  let isFlat = true;
  for (let member = 0; member < names.length; member++) {
    const name = names.at(member);
    if (!isVisibleImage(name)) continue;
    const folders = foldersOf(name);
    const at = splitAt(folders);
    if (at >= 0) splits.add(splitNamed(folders[at]!)!);
    if (!common) {
      common = folders;
      continue;
    }
    let depth = 0;
    while (depth < common.length && folders[depth] === common[depth]) depth++;
    if (depth < common.length || folders.length > depth) isFlat = false;
    common = common.slice(0, depth);
  }
  return { depth: common?.length ?? 0, isFlat, hasImages: common !== undefined, splits };
}

/**
 * Images beside the folders of a training and a held-out split are about something else, and so is a test split where there is
 * one for validation: the same images are taken as from a folder.
 */
function leftOut(
  contents: readonly Content[],
  splits: readonly (string | undefined)[],
): (split: string | undefined) => boolean {
  const inFolders = new Set(contents.flatMap((content) => [...content.splits]));
  const all = new Set([...inFolders, ...splits]);
  const hasBoth = inFolders.has('train') && inFolders.size > 1;
  return (split) => (split === undefined ? hasBoth : split === 'test' && all.has('train') && all.has('val'));
}

/** A class without an image to train on is one that was called by another name there. */
function checkTrained({ classes, splits: { train, ...others } }: Pick<Found, 'classes' | 'splits'>): void {
  // Images of no split beside those of one are another error.
  if (!train || others.all) return;
  const trained = new Set(train.labels);
  for (const { labels, source } of Object.values(others)) {
    const row = labels.findIndex((label) => !trained.has(label));
    if (row < 0 || source.kind !== 'encoded') continue;
    throw new InputError(
      `${source.images.nameOf(row)} is of the class ${classes[labels[row]!]}, and train has no image of it. Both need the same class folders.`,
    );
  }
}
