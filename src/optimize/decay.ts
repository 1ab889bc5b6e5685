import { weightPattern } from '../patterns.js';

/** Whether weight decay applies to a weight: to kernels, not to biases and batch normalization. */
export const isDecayed = (weight: string): boolean => /(^|_|\/)kernel$/.test(weight);

/**
 * Which weights decay: those of {@link isDecayed}, or all of them, less what is excluded by name.
 *
 * @param exclude patterns with `*` for any text: over `layer/weight` where they have a slash, else over the layer's
 * name
 * @example decayMask(['stem_*'])('stem_conv/kernel'); // false
 */
export function decayMask(
  exclude: readonly string[],
  { all = false }: { all?: boolean } = {},
): (weight: string) => boolean {
  const excludes = exclude.map(weightPattern);
  return (weight) => (all || isDecayed(weight)) && !excludes.some((matches) => matches(weight));
}
