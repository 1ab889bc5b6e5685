/** Layer of a weight: `stem_conv` of `stem_conv/kernel`. */
export const layerOf = (weight: string): string => weight.slice(0, Math.max(0, weight.lastIndexOf('/')));

/** A pattern over names, in which `*` stands for any characters, slashes as well. */
export function patternOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

/**
 * Whether a weight is meant by a pattern: over its whole name, `layer/weight`, where the pattern has a slash, else over
 * its layer's.
 *
 * @example weightPattern('stem_*')('stem_conv/kernel'); // true
 */
export function weightPattern(pattern: string): (weight: string) => boolean {
  const expression = patternOf(pattern);
  return (weight) => expression.test(pattern.includes('/') ? weight : layerOf(weight));
}
