import type { Topology } from '../../../models/topology.js';
import { type FragmentNode, nodesOf } from '../../tensorflow/fragment-nodes.js';
import { Fragment, type Output } from '../../tensorflow/index.js';
import type { Forward } from '../forward.js';
import { chooseCuts } from './choose.js';
import { findCuts, needed } from './cuts.js';
import { layerSizes } from './sizes.js';

/** A piece of a forward pass. Its parameters are those of the pass that it uses, and `input`. */
export interface Segment {
  fragment: Fragment;
  /** The parameter that takes what the piece before gives; `images` for the first. */
  input: string;
  /** What it gives: the input of the next piece; the logits for the last. */
  output: Output;
  /** Names of the weights that it uses. */
  weights: readonly string[];
}

const IMAGES = 'images';
const SEED = 'seed';

export interface SegmentOptions {
  /** Side of the square input in pixels, where it differs from the topology's. */
  imageSize?: number;
}

/**
 * Cuts the forward pass of a topology into pieces, each of which takes one tensor of the piece before. Where nothing is
 * to be gained there is one piece.
 */
export function segmentForward(
  topology: Topology,
  forward: Forward,
  { imageSize }: SegmentOptions = {},
): Segment[] {
  const { fragment, logits, outputs, weights, inputShape } = forward;
  const nodes = nodesOf(fragment);
  const shared = new Set([SEED, ...weights.filter(({ trainable }) => !trainable).map(({ name }) => name)]);
  const possible = findCuts(nodes, { images: IMAGES, logits, shared });
  const sizes = layerSizes(topology, { ...(imageSize !== undefined && { imageSize }), inputShape });
  const places: { size: number; work: number; output: string }[] = [];
  let work = 0;
  for (const [layer, output] of outputs) {
    const size = sizes.get(layer) ?? 1;
    work += size;
    // Two layers may give the same output, where one changes nothing.
    if (!possible.has(output) || places.at(-1)?.output === output) continue;
    places.push({ size, work, output });
    work = 0;
  }
  const borders = chooseCuts(places, work).map((at) => places[at]!.output);
  return [...borders, logits].map((output, i) =>
    slice(nodes, { input: borders[i - 1] ?? IMAGES, output, weights: weights.map(({ name }) => name) }),
  );
}

function slice(
  nodes: readonly FragmentNode[],
  { input, output, weights }: { input: string; output: Output; weights: readonly string[] },
): Segment {
  const fragment = new Fragment();
  const kept = needed(nodes, [output], new Set([input]));
  for (const { name, op, inputs, attributes } of kept) {
    if (name === input) fragment.input(name);
    else fragment.op(op, inputs, attributes, name);
  }
  return { fragment, input, output, weights: weights.filter((name) => fragment.has(name)) };
}
