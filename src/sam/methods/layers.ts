import { InputError, unknownName } from '../../errors.js';
import { layerOf, weightPattern } from '../../patterns.js';

/** The word for what normalization layers train. */
const NORMS = 'norms';
const IN_NORMS = /\/(gamma|beta)$/;

/** A pattern over names of weights, `layer/weight`, with * for any run of characters; without / it is over layers. */
function matcher(pattern: string): (weight: string) => boolean {
  return pattern === NORMS ? (weight) => IN_NORMS.test(weight) : weightPattern(pattern);
}

/**
 * The weights that any of the patterns matches, in their order; all of them without patterns.
 *
 * @param names of weights, `layer/weight`
 * @throws InputError for a pattern that matches none
 */
export function matching(names: readonly string[], patterns: readonly string[]): string[] {
  if (patterns.length === 0) return [...names];
  const matchers = patterns.map((pattern) => {
    const matches = matcher(pattern);
    if (!names.some(matches)) throw unmatched(pattern, names);
    return matches;
  });
  return names.filter((name) => matchers.some((matches) => matches(name)));
}

function unmatched(pattern: string, names: readonly string[]): InputError {
  if (pattern === NORMS) {
    return new InputError(
      "No trained weight is a gamma or beta of a normalization layer: there is nothing for 'norms' to perturb. " +
        'Train the normalization layers, or perturb all weights.',
    );
  }
  const known = pattern.includes('/') ? names : [...new Set(names.map(layerOf))];
  return unknownName(
    pattern.includes('/') ? 'weight for --sam-layers' : 'layer for --sam-layers',
    pattern,
    known,
    'A pattern may hold *, and norms stands for all normalization layers.',
  );
}
