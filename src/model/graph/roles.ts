import type { GraphNode } from '../../../models/topology.js';
import { sizeOf } from '../../tensorflow/index.js';
import { isPreluSlope } from './fused.js';
import { consumers, dataInputs, sourceOf } from './nodes.js';

/** What a constant is to the operation that takes it, by the name that its weight gets. */
export interface Role {
  weight: string;
  trainable: boolean;
  /** The operation. */
  node: GraphNode;
}

const trained = (...names: string[]) => names.map((weight) => ({ weight, trainable: true }));

/** Weights by operation, from its second input on. */
const WEIGHTS: Readonly<Record<string, readonly { weight: string; trainable: boolean }[]>> = {
  Conv2D: trained('kernel'),
  DepthwiseConv2dNative: trained('depthwise_kernel'),
  MatMul: trained('kernel'),
  BiasAdd: trained('bias'),
  FusedBatchNormV3: [
    ...trained('gamma', 'beta'),
    { weight: 'moving_mean', trainable: false },
    { weight: 'moving_variance', trainable: false },
  ],
};

/** Operations of one constant a channel, on either side. */
const CHANNELWISE: Readonly<Record<string, string>> = { Add: 'offset', AddV2: 'offset', Mul: 'scale' };
/** What a value is the output of, for a constant that is added to it to be its bias. */
const BIASED = new Set(['Conv2D', 'DepthwiseConv2dNative', 'MatMul']);

/**
 * The weights among the constants of a frozen graph: filters, kernels, biases, batch normalization, slopes, and what is
 * added or multiplied a channel. What comes before the first convolution prepares the images, and stays as it is.
 *
 * @param nodes each after those that it takes
 * @param shapes of the constants
 * @param input the placeholder of the images
 */
export function rolesOf(
  nodes: readonly GraphNode[],
  shapes: ReadonlyMap<string, readonly number[]>,
  input: string,
): Map<string, Role> {
  const all = new Map(nodes.map((node) => [node.name, node]));
  const takers = consumers(nodes);
  const roles = new Map<string, Role>();
  const learned = new Set<string>();
  const images = new Set([input]);

  const assign = (from: string | undefined, role: Role): void => {
    const name = from === undefined ? undefined : constantBehind(from, all);
    if (name !== undefined && shapes.has(name) && !roles.has(name)) roles.set(name, role);
  };

  for (const node of nodes) {
    const inputs = dataInputs(node);
    const sources = inputs.map((each) => sourceOf(each).node);
    if (!sources.some((name) => images.has(name))) continue;
    images.add(node.name);
    const isLearned = sources.some((name) => learned.has(name));
    if (isLearned || BIASED.has(node.op)) {
      learned.add(node.name);
      for (const [i, weight] of (WEIGHTS[node.op] ?? []).entries()) {
        assign(inputs[i + 1], { ...weight, node });
      }
    }
    const channelwise = CHANNELWISE[node.op];
    if (!isLearned || channelwise === undefined) continue;
    sources.forEach((name, i) => {
      const shape = shapes.get(name);
      if (!shape || !isPerChannel(shape)) return;
      const other = all.get(sources[1 - i]!);
      const isBias =
        channelwise === 'offset' && BIASED.has(other?.op ?? '') && takers.get(other!.name)!.length === 1;
      const weight = isPreluSlope(node) ? 'alpha' : isBias ? 'bias' : channelwise;
      assign(inputs[i], { weight, trainable: true, node });
    });
  }
  return roles;
}

/** The constant that a value is, or was before it got another shape. */
function constantBehind(input: string, all: ReadonlyMap<string, GraphNode>): string | undefined {
  let node = all.get(sourceOf(input).node);
  while (node?.op === 'Reshape') node = all.get(sourceOf(dataInputs(node)[0] ?? '').node);
  return node?.op === 'Const' ? node.name : undefined;
}

/** More than one value, all along the last axis; of a PReLU, any. */
const isPerChannel = (shape: readonly number[]): boolean => sizeOf(shape) > 1 && shape.at(-1)! > 1;
