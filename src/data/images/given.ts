import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { imageFile } from './files.js';
import type { EncodedImage, ImageStore } from './store.js';

/** An image that someone names: the path of its file, or the image itself. */
export type GivenImage = string | EncodedImage;

/** What messages call a given image. */
export const nameOfGiven = (image: GivenImage): string => (typeof image === 'string' ? image : image.name);

/** Images as they were given, a row each. */
export class GivenImages implements ImageStore {
  constructor(private readonly images: readonly GivenImage[]) {}

  get length(): number {
    return this.images.length;
  }

  nameOf(row: number): string {
    return nameOfGiven(this.images[row]!);
  }

  at(row: number): EncodedImage {
    const image = this.images[row]!;
    return typeof image === 'string' ? imageFile(image) : image;
  }

  stampOf(row: number): string {
    const { name, path } = this.at(row);
    if (path === undefined) return name;
    const { size, mtimeMs } = statSync(path);
    return `${resolve(path)} ${size} ${mtimeMs}`;
  }

  select(rows: Int32Array): GivenImages {
    return new GivenImages(Array.from(rows, (row) => this.images[row]!));
  }
}
