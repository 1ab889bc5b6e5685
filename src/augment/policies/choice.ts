import type { Fragment, Output } from '../../tensorflow/index.js';
import { arithmetic, lookUp } from '../arithmetic.js';
import { idOf, type OperationName, type Step } from '../operations/index.js';
import { opposite } from './magnitudes.js';

/** One of the things that a policy chooses from. */
export interface Entry {
  name: OperationName;
  /** Before a random sign. */
  magnitude: number;
  /** How often it is done where it is chosen. @default 1 */
  probability?: number;
}

/** Uniform numbers in [0, 1), float32 `[batch]` each. */
export interface ChoiceDraws {
  sign: Output;
  /** Needed where entries have probabilities. */
  done?: Output;
}

/**
 * One step of a policy: each image gets an entry.
 *
 * @param index int32 `[batch]`: which of the entries
 */
export function chooseStep(
  f: Fragment,
  entries: readonly Entry[],
  index: Output,
  { sign, done }: ChoiceDraws,
): Step {
  const { less, select } = arithmetic(f);
  const table = (value: (entry: Entry) => number) => lookUp(f, entries.map(value), index);
  const chosen = table(({ name }) => idOf(name));
  const operation = done
    ? select(
        less(
          done,
          table(({ probability = 1 }) => probability),
        ),
        chosen,
        idOf('identity'),
      )
    : chosen;
  const magnitude = select(
    less(sign, 0.5),
    table((entry) => entry.magnitude),
    table((entry) => opposite(entry.name, entry.magnitude)),
  );
  return {
    operation: f.cast(operation, 'float32', 'int32'),
    magnitude,
    among: [...new Set(entries.map(({ name }) => name))],
  };
}

/** A whole number in 0..n - 1 from a uniform number in [0, 1). @returns int32 `[batch]` */
export function indexOf(f: Fragment, uniform: Output, n: number): Output {
  const { floor, multiply } = arithmetic(f);
  return f.cast(floor(multiply(uniform, n)), 'float32', 'int32');
}
