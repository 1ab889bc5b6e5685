import { IMAGENET, LITE, SYMMETRIC, UNIT } from '../../models/catalogue/base-model.js';
import { unknownName } from '../errors.js';
import { NO_PREPROCESSING, type Preprocessing } from '../model/data.js';

/** Scalings of pixels that models were trained with, for files that do not say. */
export const PREPROCESSINGS = {
  /** 0..255: for models that scale themselves. */
  none: NO_PREPROCESSING,
  /** 0..1 */
  unit: UNIT,
  /** -1..1 */
  symmetric: SYMMETRIC,
  /** Mean 0, deviation 1 over ImageNet. */
  imagenet: IMAGENET,
  /** (pixel - 127) / 128: EfficientNet-Lite. */
  lite: LITE,
} as const satisfies Record<string, Preprocessing>;

/** A name of {@link PREPROCESSINGS}. */
export type PreprocessingName = keyof typeof PREPROCESSINGS;

/** The scaling of this name. */
export function preprocessingNamed(name: string): Preprocessing {
  if (!Object.hasOwn(PREPROCESSINGS, name)) {
    throw unknownName('preprocessing', name, Object.keys(PREPROCESSINGS));
  }
  return PREPROCESSINGS[name as PreprocessingName];
}
