import type { Step } from './steps.js';

/** Steps from one place to the next that everything has to go through. */
interface Segment {
  steps: readonly Step[];
  /** Whether it ends by joining branches. */
  merges: boolean;
}

/** A run of steps with a name of its own. */
export interface StepBlock {
  name: string;
  steps: readonly Step[];
}

/** Cuts steps behind every one whose value alone is needed later. */
function segmentsOf(steps: readonly Step[]): Segment[] {
  const places = new Map(steps.map((step, i) => [step, i]));
  const lastUse = steps.map((_, i) => i);
  steps.forEach(({ inputs }, i) => {
    for (const input of inputs) {
      const place = places.get(input);
      if (place !== undefined) lastUse[place] = i;
    }
  });
  const segments: Segment[] = [];
  let start = 0;
  let needed = 0;
  steps.forEach(({ merges }, i) => {
    if (i > 0) needed = Math.max(needed, lastUse[i - 1]!);
    if (needed > i) return;
    segments.push({ steps: steps.slice(start, i + 1), merges });
    start = i + 1;
  });
  if (start < steps.length) segments.push({ steps: steps.slice(start), merges: false });
  return segments;
}

/**
 * Blocks by structure. Where branches meet several times, each place where they do ends a block: a residual block, an
 * Inception module. A network that is a chain has a block for each kernel, with what follows it.
 *
 * @param steps those of the body, from the first
 */
export function structuralBlocks(steps: readonly Step[]): StepBlock[] {
  const segments = segmentsOf(steps);
  return segments.filter(({ merges }) => merges).length > 1 ? mergedBlocks(segments) : chainBlocks(segments);
}

function mergedBlocks(segments: readonly Segment[]): StepBlock[] {
  const blocks: { name: string; steps: Step[] }[] = [{ name: 'stem', steps: [] }];
  let open: Step[] = [];
  let stem = true;
  for (const { steps, merges } of segments) {
    const last = blocks.at(-1)!;
    if (merges) {
      // What leads up to the first block is the stem.
      if (stem) last.steps.push(...open);
      blocks.push({ name: steps.at(-1)!.name, steps: stem ? [...steps] : [...open, ...steps] });
      open = [];
      stem = false;
    } else if (!stem && open.length === 0 && !steps.some(({ weights }) => weights)) {
      // An activation behind the sum.
      last.steps.push(...steps);
    } else open.push(...steps);
  }
  blocks.at(-1)!.steps.push(...open);
  return blocks;
}

function chainBlocks(segments: readonly Segment[]): StepBlock[] {
  const blocks: { name: string; steps: Step[] }[] = [];
  let before: Step[] = [];
  for (const { steps } of segments) {
    const last = blocks.at(-1);
    if (steps.some(({ kernel }) => kernel)) {
      blocks.push({ name: steps.at(-1)!.name, steps: [...before, ...steps] });
      before = [];
    } else if (last) last.steps.push(...steps);
    else before.push(...steps);
  }
  return before.length > 0 ? [{ name: 'stem', steps: before }] : blocks;
}
