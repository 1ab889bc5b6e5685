import { basename, extname, join } from 'node:path';
import type { EncodedImage } from '../../data/images/index.js';
import { InputError } from '../../errors.js';
import { writeFileAside } from '../../weights/write-aside.js';
import { drawExplanation } from './draw.js';
import type { Heat } from './heat-map.js';

/** A class with its probability. */
export interface Said {
  label: string;
  probability: number;
}

/** What is known of a prediction that is to be explained. */
export interface Explained {
  image: EncodedImage;
  heat: Heat;
  /** The class that is explained. */
  said: Said;
  /** What the image was taken for, where that is another class. */
  instead?: Said;
}

const ENDING = '.cam.png';

/** A folder of explanations, `NAME.cam.png` of each image; images of one name get numbers. */
export class ExplanationFolder {
  readonly #taken = new Set<string>();

  constructor(private readonly folder: string) {}

  /**
   * Draws one and writes it.
   *
   * @throws InputError where it cannot be written
   */
  async write({ image, heat, said, instead }: Explained): Promise<void> {
    const path = join(this.folder, this.#nameOf(image.name));
    const note = instead ? `taken for ${textOf(instead)}` : 'what speaks for it (Grad-CAM)';
    const drawn = await drawExplanation(image, heat, { title: textOf(said), note });
    try {
      await writeFileAside(path, (file) => file.writeFile(drawn));
    } catch (error) {
      throw new InputError(`Cannot write ${path}: ${(error as Error).message}. Name another folder.`);
    }
  }

  #nameOf(image: string): string {
    const name = basename(image);
    const stem = name.slice(0, name.length - extname(name).length).replace(/^-$/, 'stdin') || 'image';
    for (let number = 1; ; number++) {
      const candidate = `${stem}${number === 1 ? '' : `-${number}`}${ENDING}`;
      // Some file systems do not tell capitals from small letters.
      const key = candidate.toLowerCase();
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return candidate;
    }
  }
}

const textOf = ({ label, probability }: Said): string => `${label}, ${(100 * probability).toFixed(1)} %`;
