import type { FragmentNode } from '../../tensorflow/fragment-nodes.js';
import type { Output } from '../../tensorflow/index.js';

export interface CutOptions {
  /** What the pass depends on, and what it gives. */
  images: string;
  logits: Output;
  /** Parameters that may be used on both sides of a cut, as no gradient is taken for them. */
  shared: ReadonlySet<string>;
}

/** Node and index of an input; an index of -1 for one that orders without data. */
export function sourceOf(input: Output): { node: string; index: number } {
  if (input.startsWith('^')) return { node: input.slice(1), index: -1 };
  const [, node, index] = /^(.*?)(?::(\d+))?$/.exec(input)!;
  return { node: node!, index: Number(index ?? 0) };
}

/** Nodes that `outputs` need, each after those that it takes; at `stops` the way back ends. */
export function needed(
  nodes: readonly FragmentNode[],
  outputs: readonly Output[],
  stops: ReadonlySet<string> = new Set(),
): FragmentNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const kept = new Set(outputs.map((output) => sourceOf(output).node));
  // Nodes were added after those that they take: one walk backwards finds all.
  for (const { name, inputs } of nodes.toReversed()) {
    if (!kept.has(name) || stops.has(name)) continue;
    for (const input of inputs) kept.add(sourceOf(input).node);
  }
  for (const name of kept) {
    if (!byName.has(name)) throw new Error(`The fragment has no node '${name}'.`);
  }
  return nodes.filter(({ name }) => kept.has(name));
}

/**
 * The nodes after which a forward pass can be cut: what comes later takes nothing of what comes earlier but the first
 * output of that node, and no weight is used on both sides.
 */
export function findCuts(
  nodes: readonly FragmentNode[],
  { images, logits, shared }: CutOptions,
): Set<string> {
  const order = needed(nodes, [logits]);
  const onImages = new Set([images]);
  /** The weights that a node which does not depend on the images is made of. */
  const weightsIn = new Map<string, ReadonlySet<string>>();
  const firstUse = new Map<string, number>();
  const lastUse = new Map<string, number>();
  const onlyFirstOutput = new Map<string, boolean>();
  for (const [position, { name, op, inputs }] of order.entries()) {
    const sources = inputs.map(sourceOf);
    const weights = sources.flatMap(({ node }) => [...(weightsIn.get(node) ?? [])]);
    if (sources.some(({ node }) => onImages.has(node))) {
      onImages.add(name);
      for (const { node, index } of sources.filter((source) => onImages.has(source.node))) {
        lastUse.set(node, position);
        onlyFirstOutput.set(node, index === 0 && (onlyFirstOutput.get(node) ?? true));
      }
      for (const weight of weights) {
        if (!firstUse.has(weight)) firstUse.set(weight, position);
        lastUse.set(weight, position);
      }
    } else if (name !== images) {
      const isWeight = op === 'Placeholder' && !shared.has(name);
      weightsIn.set(name, new Set(isWeight ? [name] : weights));
    }
  }
  // A cut lies in no weight's span, and in no span of an output but its own.
  const reach = new Float64Array(order.length).fill(-1);
  const span = (from: number, to: number) => {
    reach[from] = Math.max(reach[from]!, to);
  };
  for (const [weight, from] of firstUse) span(from, lastUse.get(weight)!);
  const cuts = new Set<string>();
  let farthest = -1;
  for (const [position, { name }] of order.entries()) {
    farthest = Math.max(farthest, reach[position]!);
    if (!onImages.has(name)) continue;
    if (name !== images && farthest <= position && onlyFirstOutput.get(name)) cuts.add(name);
    farthest = Math.max(farthest, lastUse.get(name) ?? position);
  }
  return cuts;
}
