import { PASSES } from '../../sam/index.js';
import type { Output } from '../../tensorflow/index.js';
import type { TracedPass } from './assemble.js';
import type { StepRuns } from './finish.js';

/** An output where something can go wrong, with its name for people. */
type Suspect = readonly [name: string, output: Output];

/**
 * What a kind of step computes, in its order: layers and gradients at w, then layers at w + e and the gradient that goes
 * into the update. What it does not compute is left out.
 *
 * @param options.partialAscent the ascent gradient is of a part of the images, in a pass of its own
 */
export function suspectsOf(
  { ascents, gradients }: StepRuns,
  { passes, partialAscent }: { passes: readonly TracedPass[]; partialAscent: boolean },
): Suspect[] {
  const ascends = ascents.length > 0;
  const layers = (pass: string, where: string): Suspect[] =>
    passes
      .filter(({ prefix }) => prefix === pass || prefix.endsWith(`/${pass}`))
      .flatMap(({ outputs }) =>
        outputs.map(([layer, output]): Suspect => [`layer '${layer}'${where}`, output]),
      );
  const gradient = (of: Iterable<Suspect>, where: string): Suspect[] =>
    // The way back begins at the output.
    [...of].reverse().map(([weight, output]): Suspect => [`the gradient of '${weight}'${where}`, output]);
  return [
    ...layers(ascends && partialAscent ? PASSES.ascent : PASSES.clean, ''),
    ...gradient(ascents, ' at w'),
    ...(ascends ? layers(PASSES.perturbed, ' at w + e') : []),
    ...gradient(gradients, ''),
  ];
}
