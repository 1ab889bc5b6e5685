import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

/** What {@link makePhotographs} makes. */
export interface Photographs {
  /** Their number. */
  count: number;
  width: number;
  height: number;
  /** Photographs side by side and one above the other in each, as one that is only enlarged has next to no detail. */
  tiles: number;
}

/** As most photographs of ImageNet. */
export const SMALL: Photographs = { count: 400, width: 500, height: 375, tiles: 1 };

/** As a camera makes them. */
export const LARGE: Photographs = { count: 32, width: 4000, height: 3000, tiles: 8 };

const QUALITY = 92;

/** How they are called: the same name, the same files. */
export const nameOf = ({ count, width, height, tiles }: Photographs): string =>
  `${count}-of-${width}x${height}-from-${tiles * tiles}`;

/**
 * JPEG photographs of one size, made once in a folder from those of another, in the order of their paths: the same each
 * time.
 *
 * @returns the folder that holds them
 */
export async function makePhotographs(
  wanted: Photographs,
  { from, into }: { from: string; into: string },
): Promise<string> {
  const folder = join(into, nameOf(wanted));
  if (existsSync(folder)) return folder;
  const sources = photographsBelow(from);
  if (sources.length === 0) {
    throw new Error(
      `No JPEG files in ${from}. Name a folder that has some: npm run bench:data -- --photos FOLDER.`,
    );
  }
  // Made aside and renamed: what is there is whole.
  const aside = `${folder}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  mkdirSync(dirname(folder), { recursive: true });
  try {
    for (let i = 0; i < wanted.count; i++) {
      const tiles = wanted.tiles ** 2;
      const own = Array.from({ length: tiles }, (_, tile) => sources[(i * tiles + tile) % sources.length]!);
      await (await photographOf(own, wanted)).toFile(join(aside, `${String(i).padStart(4, '0')}.jpg`));
    }
    renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return folder;
}

function photographsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.jpe?g$/i.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

/** Photographs, enlarged, in rows from the top left. */
async function photographOf(
  sources: readonly string[],
  { width, height, tiles }: Photographs,
): Promise<Sharp> {
  const [across, down] = [width / tiles, height / tiles];
  const parts = sources.map(async (source, i) => {
    const { data, info } = await sharp(source)
      .resize(across, down, { fit: 'fill' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const place = { left: (i % tiles) * across, top: Math.floor(i / tiles) * down };
    return { input: data, raw: { width: across, height: down, channels: info.channels }, ...place };
  });
  return sharp({ create: { width, height, channels: 3, background: 'black' } })
    .composite(await Promise.all(parts))
    .jpeg({ quality: QUALITY });
}
