import { type Dirent, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { InputError } from '../../errors.js';
import { FileTable } from '../images/index.js';

/** File name endings of images, in lower case; capitals count as well. */
export const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'avif', 'gif', 'tif', 'tiff'] as const;

const EXTENSIONS = new Set<string>(IMAGE_EXTENSIONS.map((extension) => `.${extension}`));

/** Whether a name is that of an image. */
export const isImage = (name: string): boolean => EXTENSIONS.has(extname(name).toLowerCase());

/** Whether a file in an archive is hidden, or in a hidden folder. */
export const isHidden = (path: string): boolean => /(^|\/)\./.test(path);

/** How far links are followed. */
export interface LinkOptions {
  /** Links must not lead out of this folder: its real path. @default they may lead anywhere */
  within?: string | undefined;
}

/** Names of the folders in a folder, sorted by code units; hidden ones are left out, links to folders count. */
export function subfolders(folder: string, options: LinkOptions = {}): string[] {
  return visible(folder)
    .filter((entry) => kindOf(folder, entry, options) === 'folder')
    .map((entry) => entry.name)
    .sort();
}

/** Whether image files lie directly in a folder. */
export function holdsImages(folder: string): boolean {
  return visible(folder).some((entry) => isImage(entry.name) && kindOf(folder, entry, {}) === 'file');
}

/**
 * Adds all images in a folder and below it to a table, their paths sorted by code units; hidden files and folders are left out.
 *
 * @returns how many there are
 * @throws InputError for a folder that cannot be read, a link to nothing, and one that leads out of `within`
 */
export function addImagesBelow(table: FileTable, folder: string, options: LinkOptions = {}): number {
  const before = table.length;
  // Links may lead in circles: each folder is entered once.
  const entered = new Set<string>();
  const enter = (path: string) => {
    const real = realpathSync(path);
    if (entered.has(real)) return;
    entered.add(real);
    const names: string[] = [];
    for (const entry of visible(path)) {
      const kind = kindOf(path, entry, options);
      // With its separator a folder sorts as the paths in it do among those of the files beside it.
      if (kind === 'folder') names.push(entry.name + sep);
      else if (kind === 'file' && isImage(entry.name)) names.push(entry.name);
    }
    let known: number | undefined;
    for (const name of names.sort()) {
      if (name.endsWith(sep)) {
        enter(join(path, name.slice(0, -1)));
        continue;
      }
      known ??= table.addFolder(path);
      table.add(known, name);
    }
  };
  enter(folder);
  return table.length - before;
}

/** Paths of all images in a folder and below it, as {@link addImagesBelow} finds them. */
export function imagesBelow(folder: string, options: LinkOptions = {}): string[] {
  const table = new FileTable();
  addImagesBelow(table, folder, options);
  return Array.from({ length: table.length }, (_, row) => table.pathOf(row));
}

/**
 * A data set from somewhere else must not pass off any file of this machine as an image.
 *
 * @throws InputError for a link that leads out of `within`
 */
export function checkLink(path: string, { within }: LinkOptions): void {
  if (within === undefined || !lstatSync(path).isSymbolicLink()) return;
  const target = realpathSync.native(path);
  if (target === within || target.startsWith(within.endsWith(sep) ? within : within + sep)) return;
  throw new InputError(
    `${path} is a link out of ${within}, to ${target}. Allow such links with --follow-links, or put the images themselves there.`,
  );
}

function visible(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    throw new InputError(`Cannot read the folder ${folder}: ${(error as Error).message}.`);
  }
}

function kindOf(folder: string, entry: Dirent, options: LinkOptions): 'folder' | 'file' | 'other' {
  if (!entry.isSymbolicLink()) return entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other';
  const path = join(folder, entry.name);
  const target = targetOf(path);
  checkLink(path, options);
  if (target.isDirectory()) return 'folder';
  return target.isFile() ? 'file' : 'other';
}

function targetOf(path: string) {
  try {
    const target = statSync(path, { throwIfNoEntry: false });
    if (target) return target;
  } catch (error) {
    // A link to itself, or into a folder that must not be read.
    throw new InputError(`${path} is a link that cannot be followed: ${(error as Error).message}.`);
  }
  throw new InputError(`${path} is a link to nothing. Repair it or remove it.`);
}
