import { InputError, invalid } from '../../errors.js';
import { type Dataset, fingerprint, select, type Task } from '../dataset.js';
import { splitStratified } from '../stratify.js';
import type { Found } from './layout.js';
import { HELD_OUT_NAMES, TRAINING_NAMES, usedSplits } from './split-words.js';

/** How images without a held-out split are divided. */
export interface SplitOptions {
  /** @default 0 */
  seed?: number;
  /** Part of every class that is held out where the data has no split of its own, 0 < x < 1. @default 0.2 */
  validationFraction?: number;
}

/**
 * The task that found images make: their own splits, or each class divided in proportion.
 *
 * @throws InputError where there is nothing to train on, fewer than two classes, or a class that cannot be divided
 */
export function taskOf(found: Found, { seed = 0, validationFraction = 0.2 }: SplitOptions = {}): Task {
  const { name, classes, splits, origin, root = origin, licence } = found;
  if (classes.length < 2) {
    throw new InputError(
      `${origin} has ${classes.length === 0 ? 'no class' : `only one class, ${classes[0]}`}. A classifier needs two classes or more.`,
    );
  }
  const names = Object.keys(splits);
  const { training, heldOut } = usedSplits(names);
  const whole = heldOut === undefined ? (training ?? (names.length === 1 ? names[0] : undefined)) : undefined;
  if (whole === undefined && (training === undefined || heldOut === undefined)) {
    throw new InputError(
      `${origin} has the splits ${names.join(', ')}: expected ${TRAINING_NAMES[0]}, and one of ${HELD_OUT_NAMES.join(', ')} or none.`,
    );
  }
  const { train, test } =
    whole === undefined
      ? { train: splits[training!]!, test: splits[heldOut!]! }
      : divide(splits[whole]!, { seed, validationFraction, origin });
  if (train.length === 0) throw new InputError(`${origin} has no images to train on.`);
  return {
    name,
    classes,
    train,
    test,
    ...(whole !== undefined && { isDivided: true }),
    origin,
    ...(licence !== undefined && { licence }),
    fingerprint: fingerprint(classes, [train, test], root),
  };
}

function divide(
  dataset: Dataset,
  { seed, validationFraction, origin }: Required<SplitOptions> & { origin: string },
): { train: Dataset; test: Dataset } {
  if (!(validationFraction > 0 && validationFraction < 1))
    throw invalid('validation fraction', 'a number between 0 and 1', validationFraction);
  const rows = splitStratified(dataset.labels, validationFraction, seed);
  if (rows.test.length === 0) {
    throw new InputError(`Every class in ${origin} has one image only: none can be held out. Add images.`);
  }
  return { train: select(dataset, rows.train), test: select(dataset, rows.test) };
}
