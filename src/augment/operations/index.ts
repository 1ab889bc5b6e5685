import type { Fragment, Output } from '../../tensorflow/index.js';
import { arithmetic, lookUp } from '../arithmetic.js';
import { histogram } from './histogram.js';
import { hue } from './hue.js';
import { applyInOnePass, ONE_PASS, type OnePassOperation } from './one-pass.js';
import type { Family } from './operation.js';
import { onRows } from './rows.js';
import { sharpness } from './sharpness.js';
import { warp } from './warp.js';

export { GREY } from './warp.js';

const FAMILIES = [warp, histogram, sharpness, hue] as const;

/** Name of what a policy can do to an image. */
export type OperationName = 'identity' | OnePassOperation | (typeof FAMILIES)[number]['names'][number];

/** All of them; an operation goes by its place here. */
export const OPERATION_NAMES: readonly OperationName[] = [
  'identity',
  ...ONE_PASS,
  ...FAMILIES.flatMap((family): readonly OperationName[] => family.names),
];

/** The number of an operation. */
export const idOf = (name: OperationName): number => OPERATION_NAMES.indexOf(name);

/** One step of a policy: one operation an image. */
export interface Step {
  /** int32 `[batch]`, see {@link idOf} */
  operation: Output;
  /** float32 `[batch]`, in the unit of the operation */
  magnitude: Output;
  /** The operations that there may be among them: the graph holds no others. */
  among: readonly OperationName[];
}

/**
 * Does to each image the operation that was chosen for it.
 *
 * @param images float32 `[batch, height, width, 3]`, whole numbers in 0..255
 * @returns the same, changed
 */
export function applyStep(
  f: Fragment,
  images: Output,
  step: Step,
  { height, width }: { height: number; width: number },
): Output {
  const { operation, magnitude, among } = step;
  const { less } = arithmetic(f);
  const isChanged = ONE_PASS.some((name) => among.includes(name));
  let changed = isChanged ? applyInOnePass(f, images, step, { idOf, count: OPERATION_NAMES.length }) : images;
  // An image has one operation, so that the order of the families does not matter.
  for (const family of FAMILIES as readonly Family[]) {
    const numbered = among
      .filter((name) => family.names.includes(name))
      .map((name) => ({ name, id: idOf(name) }));
    if (numbered.length === 0) continue;
    const own = new Set(numbered.map(({ id }) => id));
    const isOwn = OPERATION_NAMES.map((_, id) => (own.has(id) ? 1 : 0));
    const chosen = less(0, lookUp(f, isOwn, operation));
    changed = onRows(f, changed, chosen, (rows, pick) =>
      family.apply(
        f,
        { images: rows, height, width, operation: pick(operation, 'int32'), magnitude: pick(magnitude) },
        numbered,
      ),
    );
  }
  return changed;
}
