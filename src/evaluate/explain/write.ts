import { basename, extname, join } from 'node:path';
import type { EncodedImage } from '../../data/images/index.js';
import { InputError, unknownName } from '../../errors.js';
import { writeFileAside } from '../../weights/write-aside.js';
import { drawExplanation } from './draw.js';
import type { Heat } from './heat-map.js';

/** How predictions are explained. */
export interface ExplainOptions {
  /** Where the pictures go, `NAME.cam.png` of each image. */
  folder: string;
  /** Class that is explained. @default the one that each image is taken for */
  class?: string;
}

/** What is known of a prediction that is to be explained. */
export interface Explained {
  image: EncodedImage;
  heat: Heat;
  label: string;
  probability: number;
  /** What the image was taken for, where that is another class. */
  instead?: { label: string; probability: number };
}

const ENDING = '.cam.png';

/**
 * The index of the class that is to be explained, or undefined where it is that of each prediction.
 *
 * @throws InputError for a class that the model does not know
 */
export function explainedClass(
  labels: readonly string[],
  { class: name }: ExplainOptions,
): number | undefined {
  if (name === undefined) return undefined;
  const index = labels.indexOf(name);
  if (index < 0) throw unknownName('class', name, labels);
  return index;
}

/** Writes explanations; images of one name get numbers. */
export class ExplanationFolder {
  readonly #taken = new Set<string>();

  constructor(private readonly folder: string) {}

  /**
   * Draws one and writes it.
   *
   * @returns its path
   * @throws InputError where it cannot be written
   */
  async write({ image, heat, label, probability, instead }: Explained): Promise<string> {
    const path = join(this.folder, this.#nameOf(image.name));
    const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
    const note = instead
      ? `taken for ${instead.label}, ${percent(instead.probability)}`
      : 'what speaks for it (Grad-CAM)';
    const drawn = await drawExplanation(image, heat, { title: `${label}, ${percent(probability)}`, note });
    try {
      await writeFileAside(path, (file) => file.writeFile(drawn));
    } catch (error) {
      throw new InputError(`Cannot write ${path}: ${(error as Error).message}. Name another folder.`);
    }
    return path;
  }

  #nameOf(image: string): string {
    const name = basename(image);
    const stem = name.slice(0, name.length - extname(name).length) || 'image';
    for (let number = 1; ; number++) {
      const candidate = `${stem}${number === 1 ? '' : `-${number}`}${ENDING}`;
      if (this.#taken.has(candidate)) continue;
      this.#taken.add(candidate);
      return candidate;
    }
  }
}
