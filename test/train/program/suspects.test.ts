import { expect, test } from 'vitest';
import type { StepRuns } from '../../../src/train/program/finish.js';
import { suspectsOf } from '../../../src/train/program/suspects.js';

const passes = ['clean', 'ascent_images', 'perturbed'].map((prefix) => ({
  prefix: `branch0/${prefix}`,
  outputs: [['stem', `branch0/${prefix}/stem`]] as const,
}));
const runs = (ascents: StepRuns['ascents']): StepRuns => ({
  phases: [],
  ascents,
  gradients: new Map([['stem/kernel', 'g']]),
});

test.each([
  [false, ['branch0/clean/stem', 'a', 'branch0/perturbed/stem', 'g']],
  [true, ['branch0/ascent_images/stem', 'a', 'branch0/perturbed/stem', 'g']],
] as const)(
  'a step that ascends, from a part of the images %s: in the order of computing',
  (partialAscent, expected) => {
    const found = suspectsOf(runs([['stem/kernel', 'a']]), { passes, partialAscent });
    expect(found.map(([, output]) => output)).toEqual(expected);
    expect(found.map(([name]) => name)).toEqual([
      "layer 'stem'",
      "the gradient of 'stem/kernel' at w",
      "layer 'stem' at w + e",
      "the gradient of 'stem/kernel'",
    ]);
  },
);

test.each([false, true])('a step that does not ascend has nothing at w + e', (partialAscent) => {
  const found = suspectsOf(runs([]), { passes, partialAscent });
  expect(found.map(([, output]) => output)).toEqual(['branch0/clean/stem', 'g']);
});
