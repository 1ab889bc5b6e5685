import { InputError } from '../errors.js';
import { matching } from './methods/layers.js';
import { methodOf, type SamOptions } from './methods/table.js';

export { DESCENT, descentFragment, REUSE, reuseFragment } from './methods/descent.js';
export type { SamMethod } from './methods/method.js';
export {
  alphaOf,
  combines,
  METHODS,
  type MethodName,
  reuses,
  rhoOf,
  type SamOptions,
} from './methods/table.js';
export { ASCENT, ascentFragment } from './perturbation.js';

/**
 * The weights that a method perturbs: those of `names` that the method and the patterns both allow, in their order.
 *
 * @param names of the trained weights
 * @throws InputError for a pattern that matches none of them, and when nothing is left to perturb
 */
export function perturbedWeights(names: readonly string[], options: SamOptions): string[] {
  const allowed = matching(names, methodOf(options).layers ?? []);
  const wanted = new Set(matching(names, options.layers ?? []));
  const perturbed = allowed.filter((name) => wanted.has(name));
  if (perturbed.length > 0) return perturbed;
  throw new InputError(
    names.length === 0
      ? 'No weight is trained: there is nothing for SAM to perturb. Train some layers, or set --sam none.'
      : `--sam ${options.method} perturbs no weight that --sam-layers ${options.layers?.join(',')} matches. ` +
          'Leave --sam-layers out, or take --sam sam.',
  );
}
