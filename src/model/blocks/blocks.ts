import type { Topology } from '../../../models/topology.js';
import { namedBlocks } from './families.js';
import { headLayers } from './head-layers.js';
import { type Step, stepsOf } from './steps.js';
import { type StepBlock, structuralBlocks } from './structure.js';

/** Layers that are frozen, thawed and slowed down together. */
export interface Block {
  /** As its layers' names begin, or the layer that it ends with; `stem` and `head`. */
  name: string;
  /** In their order; of a graph those that hold weights. */
  layers: readonly string[];
  /** Whether it is the head: the classifier, its dropout, and hidden layers that were added. */
  head: boolean;
}

const STEM = 'stem';
const HEAD = 'head';

/**
 * Divides a network into blocks, from the input to the head: by the names of the families that are known, or by where its
 * branches meet. The stem is a block, the first; what follows the last block belongs to it, as in timm's groups of
 * parameters. A network without a classifier has no head.
 *
 * @example blocksOf(model).map(({ name }) => name); // ['stem', 'block1a', 'block2a', ..., 'block7a', 'head']
 */
export function blocksOf(model: { topology: Topology; imageSize?: number }): Block[] {
  const steps = stepsOf(model);
  const head = headLayers(model);
  const isHead = ({ name }: Step) => head?.names.has(name) ?? false;
  const body = steps.filter((step) => !isHead(step));
  const names = namedBlocks(body.flatMap(({ layers }) => layers));
  const found = names ? blocksByName(body, names) : structuralBlocks(body);
  const blocks = joinIdle(found).map(({ name, steps: own }) => ({
    name,
    layers: own.flatMap(({ layers }) => layers),
    head: false,
  }));
  if (!head) return blocks;
  return [
    ...blocks,
    { name: HEAD, layers: steps.filter(isHead).flatMap(({ layers }) => layers), head: true },
  ];
}

/** A layer that no family names goes with the one before it. */
function blocksByName(steps: readonly Step[], names: ReadonlyMap<string, string>): StepBlock[] {
  const blocks = new Map<string, Step[]>([[STEM, []]]);
  let current = STEM;
  for (const step of steps) {
    current = names.get(step.layers[0] ?? '') ?? current;
    const own = blocks.get(current);
    if (own) own.push(step);
    else blocks.set(current, [step]);
  }
  return [...blocks].map(([name, own]) => ({ name, steps: own }));
}

/** A block that holds no weights goes with the next one, at the end with the last. */
function joinIdle(blocks: readonly StepBlock[]): StepBlock[] {
  const joined: StepBlock[] = [];
  let idle: readonly Step[] = [];
  for (const { name, steps } of blocks) {
    if (steps.some(({ weights }) => weights)) {
      joined.push({ name, steps: [...idle, ...steps] });
      idle = [];
    } else idle = [...idle, ...steps];
  }
  const last = joined.pop();
  if (last) return [...joined, { name: last.name, steps: [...last.steps, ...idle] }];
  return idle.length > 0 ? [{ name: STEM, steps: idle }] : [];
}
