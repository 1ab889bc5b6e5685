import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { InputError } from '../../errors.js';

/** File name endings of images, in lower case; capitals count as well. */
export const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'avif', 'gif', 'tif', 'tiff'] as const;

const EXTENSIONS = new Set<string>(IMAGE_EXTENSIONS.map((extension) => `.${extension}`));
/** Whether a name is that of an image. */
export const isImage = (name: string): boolean => EXTENSIONS.has(extname(name).toLowerCase());

/** Names of the folders in a folder, sorted by code units; hidden ones are left out, links to folders count. */
export function subfolders(folder: string): string[] {
  return visible(folder)
    .filter((entry) => kindOf(folder, entry) === 'folder')
    .map((entry) => entry.name)
    .sort();
}

/** Whether image files lie directly in a folder. */
export function holdsImages(folder: string): boolean {
  return visible(folder).some((entry) => isImage(entry.name) && kindOf(folder, entry) === 'file');
}

/** Paths of all images in a folder and below it, sorted by code units; hidden files and folders are left out. */
export function imagesBelow(folder: string): string[] {
  const images: string[] = [];
  // Links may lead in circles: each folder is entered once.
  const entered = new Set<string>();
  const enter = (path: string) => {
    const real = realpathSync(path);
    if (entered.has(real)) return;
    entered.add(real);
    for (const entry of visible(path)) {
      const kind = kindOf(path, entry);
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

function kindOf(folder: string, entry: Dirent): 'folder' | 'file' | 'other' {
  const path = join(folder, entry.name);
  const target = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
  if (!target) throw new InputError(`${path} is a link to nothing. Repair it or remove it.`);
  if (target.isDirectory()) return 'folder';
  return target.isFile() ? 'file' : 'other';
}
