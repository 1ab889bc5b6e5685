import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { InputError } from '../../errors.js';

/** File name endings of images, in lower case; capitals count as well. */
export const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'avif', 'gif', 'tif', 'tiff'] as const;

const EXTENSIONS = new Set<string>(IMAGE_EXTENSIONS.map((extension) => `.${extension}`));

/** Whether a name is that of an image. */
export const isImage = (name: string): boolean => EXTENSIONS.has(extname(name).toLowerCase());

/** Whether a file in an archive is hidden, or in a hidden folder. */
export const isHidden = (path: string): boolean => /(^|\/)\./.test(path);

/** How far links are followed. */
export interface LinkOptions {
  /** Links must not lead out of this folder. @default they may lead anywhere */
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
 * Paths of all images in a folder and below it, sorted by code units; hidden files and folders are left out.
 *
 * @throws InputError for a folder that cannot be read, a link to nothing, and one that leads out of `within`
 */
export function imagesBelow(folder: string, options: LinkOptions = {}): string[] {
  const images: string[] = [];
  // Links may lead in circles: each folder is entered once.
  const entered = new Set<string>();
  const enter = (path: string) => {
    const real = realpathSync(path);
    if (entered.has(real)) return;
    entered.add(real);
    for (const entry of visible(path)) {
      const kind = kindOf(path, entry, options);
      if (kind === 'folder') enter(join(path, entry.name));
      else if (kind === 'file' && isImage(entry.name)) images.push(join(path, entry.name));
    }
  };
  enter(folder);
  return images.sort();
}

function visible(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    throw new InputError(`Cannot read the folder ${folder}: ${(error as Error).message}.`);
  }
}

function kindOf(folder: string, entry: Dirent, { within }: LinkOptions): 'folder' | 'file' | 'other' {
  if (!entry.isSymbolicLink()) return entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other';
  const path = join(folder, entry.name);
  const target = statSync(path, { throwIfNoEntry: false });
  if (!target) throw new InputError(`${path} is a link to nothing. Repair it or remove it.`);
  if (within !== undefined) checkWithin(path, within);
  if (target.isDirectory()) return 'folder';
  return target.isFile() ? 'file' : 'other';
}

/** A data set from somewhere else must not pass off any file of this machine as an image. */
function checkWithin(path: string, within: string): void {
  const [target, root] = [realpathSync(path), realpathSync(within)];
  if (target === root || target.startsWith(root + sep)) return;
  throw new InputError(
    `${path} is a link out of ${within}, to ${target}. Allow such links with --follow-links, or put the images themselves there.`,
  );
}
