import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What all programs of a figure do, each in its own way: what they are started with, as JSON. */
export interface Job {
  /** The folder of the photographs; taken in the order of their names. */
  folder: string;
  /** How often a pass goes over them; each time other parts are cut out. */
  repeats: number;
  batchSize: number;
  /** Side of the result in pixels. */
  imageSize: number;
  /** Processes or decodes side by side. */
  workers: number;
  /** Whether colours are changed as well: see {@link AUGMENTATIONS}. */
  augmented: boolean;
}

/**
 * "Everything on": torchvision's `RandomResizedCrop`, `RandomHorizontalFlip`, `ColorJitter(0.4, 0.4, 0.4)` and
 * `RandAugment(2, 9)`, whose magnitude 9 of 30 is 3 of 10 here.
 */
export const AUGMENTATIONS = ['random-resized-crop', 'flip', 'color-jitter', 'rand-augment:2:3'];

/** The photographs of a folder. */
export const filesOf = ({ folder }: Pick<Job, 'folder'>): string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
