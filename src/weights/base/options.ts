import type { OnProgress } from '../../download/index.js';
import type { Preprocessing } from '../../model/data.js';
import { type PreprocessingName, preprocessingNamed } from '../preprocessings.js';

/** How a base is brought. */
export interface ImportOptions {
  /** A file of weights in any format that is read, or `none` for a random start. @default the base's own weights */
  weights?: string;
  /** Name of the name map of `weights`, where several fit. @default told by its names, or a config.json beside it */
  weightsSource?: string;
  /** Scaling of pixels, by name or as numbers. @default as the base or file says; none where a file does not */
  preprocessing?: PreprocessingName | Preprocessing;
  /** Side of the square input in pixels. @default the base's own */
  imageSize?: number;
  /** Seed of weights that are drawn. @default 0 */
  seed?: number;
  /** Folder of downloads. @default SAM_FINETUNE_CACHE, or ~/.cache/sam-finetune */
  cache?: string;
  /** Told of downloads, and of what was taken for granted. @default a line on standard error */
  onProgress?: OnProgress;
}

/** `none` as a file of weights. */
export const RANDOM = 'none';

/** The scaling that the caller asked for, if any. */
export function givenPreprocessing({ preprocessing }: ImportOptions): Preprocessing | undefined {
  return typeof preprocessing === 'string' ? preprocessingNamed(preprocessing) : preprocessing;
}

/** Labels of a model whose file does not have any: the numbers of its classes. */
export function numbered(classes: number): string[] {
  return Array.from({ length: classes }, (_, i) => String(i));
}
