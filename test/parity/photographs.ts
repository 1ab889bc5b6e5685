import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Pixels } from '../../src/model/index.js';
import { testData } from '../test-data.js';

/** Folders of photographs of 10 classes; undefined where they are not at hand. */
export const photos = testData('photos/val');

/** Two photographs of each of the 10 classes, as RGB squares. */
export async function photographs(size: number): Promise<Pixels & { data: Uint8Array<ArrayBuffer> }> {
  const paths = readdirSync(photos!).flatMap((name) =>
    readdirSync(join(photos!, name))
      .sort()
      .slice(0, 2)
      .map((file) => join(photos!, name, file)),
  );
  const decoded = await Promise.all(
    paths.map((path) => sharp(path).resize(size, size).removeAlpha().toColourspace('srgb').raw().toBuffer()),
  );
  return { data: new Uint8Array(Buffer.concat(decoded)), shape: [paths.length, size, size, 3] };
}
