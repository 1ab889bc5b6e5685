import { InputError } from '../errors.js';
import { buildForward, type Model } from '../model/index.js';

/**
 * A model whose weights are still to be drawn has nothing that could be written.
 *
 * @throws InputError that names the first weight that is missing
 */
export function assertComplete({ topology, imageSize, weights, origin }: Model): void {
  const missing = buildForward(topology, { training: false, imageSize }).weights.find(
    ({ name }) => !weights.has(name),
  );
  if (!missing) return;
  throw new InputError(
    `The model (${origin}) has no values for ${missing.name}: they are drawn when it runs. Fine-tune it first.`,
  );
}
