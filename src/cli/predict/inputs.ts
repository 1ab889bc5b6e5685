import { type Stats, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { globSync, isDynamicPattern } from 'tinyglobby';
import { formatOf } from '../../data/decode/index.js';
import type { GivenImage } from '../../data/images/index.js';
import { IMAGE_EXTENSIONS, imagesBelow, isImage } from '../../data/layouts/image-files.js';
import { InputError } from '../../errors.js';

/** Stands for standard input. */
export const STDIN = '-';

/** Bytes that tell an image by its beginning. */
const HEAD = 32;

/**
 * The images that arguments name: files, folders with all images below them, patterns that the shell left as they are,
 * and `-` for standard input: an image's bytes, or paths of files and folders, a line each.
 *
 * @param input standard input
 * @throws InputError for what names no image
 */
export async function imagesOf(
  args: readonly string[],
  { input = process.stdin }: { input?: NodeJS.ReadableStream } = {},
): Promise<GivenImage[]> {
  if (args.filter((arg) => arg === STDIN).length > 1)
    throw new InputError(`Standard input (${STDIN}) is named twice. Name it once.`);
  const images: GivenImage[] = [];
  for (const arg of args) for (const image of await imagesOfOne(arg, input)) images.push(image);
  return images;
}

async function imagesOfOne(arg: string, input: NodeJS.ReadableStream): Promise<GivenImage[]> {
  if (arg === STDIN) return fromInput(await buffer(input));
  const stat = statOf(arg);
  if (stat) return stat.isDirectory() ? imagesIn(arg) : [arg];
  if (!isDynamicPattern(arg)) throw new InputError(`There is no image or folder at ${arg}. Check the path.`);
  const found = globSync(arg, { expandDirectories: false, absolute: isAbsolute(arg) })
    .filter(isImage)
    .sort();
  if (found.length > 0) return found;
  throw new InputError(
    `No image matches ${arg} (${IMAGE_EXTENSIONS.join(', ')}). Check the pattern; ** stands for folders of any depth.`,
  );
}

function imagesIn(folder: string): string[] {
  const files = imagesBelow(folder);
  if (files.length > 0) return files;
  throw new InputError(`The folder ${folder} has no images (${IMAGE_EXTENSIONS.join(', ')}). Name another.`);
}

function fromInput(content: Buffer): GivenImage[] {
  if (formatOf(content.subarray(0, HEAD))) return [{ name: STDIN, read: async () => content }];
  // Whether a file can be read is found when its turn comes: one that cannot may be skipped.
  const paths = content
    .toString()
    .split(/\r?\n/)
    .filter((line) => line !== '');
  if (paths.length === 0)
    throw new InputError('Standard input is empty. Send an image, or paths of images, a line each.');
  if (content.includes(0)) {
    throw new InputError(
      'Standard input is neither an image (JPEG, PNG, WebP, AVIF, GIF, TIFF) nor text. Send an image, or paths of ' +
        'images, a line each.',
    );
  }
  return paths.flatMap((path) => (statOf(path)?.isDirectory() ? imagesIn(path) : [path]));
}

/** What is at a path; undefined for nothing, and for a path that leads through a file or is too long for one. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
