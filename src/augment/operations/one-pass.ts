import type { Fragment, Output } from '../../tensorflow/index.js';
import { arithmetic, lookUp } from '../arithmetic.js';
import { BLENDS, type Blend, type BlendNumbers, blended } from './blends.js';
import type { Step } from './index.js';
import { LEVEL_OPERATIONS, type LevelOperation, levelNumbers, withLevels } from './levels.js';

/** Operations whose every value hangs on the pixel that it replaces, and on a few numbers of the image. */
export const ONE_PASS = [...BLENDS, ...LEVEL_OPERATIONS] as const;

/** Name of one of {@link ONE_PASS}. */
export type OnePassOperation = Blend | LevelOperation;

/**
 * Does them to all images at once, with numbers that leave those as they are that have another operation: one pass over memory
 * where TensorFlow compiles it.
 *
 * @param images float32 `[batch, height, width, 3]`, whole numbers in 0..255
 * @param numbers how operations are numbered
 * @returns the same, changed
 */
export function applyInOnePass(
  f: Fragment,
  images: Output,
  { operation, magnitude, among }: Step,
  { idOf, count }: { idOf: (name: OnePassOperation) => number; count: number },
): Output {
  const { add, multiply, perImage } = arithmetic(f);
  const only = (names: readonly OnePassOperation[]) => {
    const chosen = names.filter((name) => among.includes(name)).map(idOf);
    if (chosen.length === 0) return undefined;
    const marks = Array.from({ length: count }, (_, id) => (chosen.includes(id) ? 1 : 0));
    return lookUp(f, marks, operation);
  };
  // What is computed of numbers an image comes before what is compiled.
  const ofImages = (names: readonly Blend[]) => {
    const marks = only(names);
    return marks === undefined ? undefined : perImage(marks);
  };
  const isBlended = only(BLENDS);
  const blend: BlendNumbers | undefined =
    isBlended === undefined
      ? undefined
      : {
          factor: perImage(add(multiply(magnitude, isBlended), 1)),
          isContrast: ofImages(['contrast']),
          isColor: ofImages(['color']),
        };
  const levels = levelNumbers(f, (name) => only([name]), magnitude);
  return f.compiled(() => withLevels(f, blend ? blended(f, images, blend) : images, levels));
}
