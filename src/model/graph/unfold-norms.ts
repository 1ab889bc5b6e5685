import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import type { Tensor } from '../../tensorflow/index.js';
import type { Model } from '../model.js';
import type { WeightMap } from '../weights.js';
import { json } from './attributes.js';
import { weightNode, weightOf } from './constants.js';
import { statisticsFit } from './drift.js';
import { findGraphHead } from './find-head.js';
import { measureMoments } from './moments.js';
import { byName, consumers, dataInputs, freshName, liveNodes, sourceOf } from './nodes.js';
import { deviationOf, type NormValues, normValues } from './norm-values.js';
import { isPooled, traceShapes } from './shapes.js';

export interface UnfoldOptions {
  /** Added to the variance. @default 1e-3 */
  epsilon?: number;
  /** Told where the network's statistics do not fit the images. */
  onProgress?: (message: string) => void;
}

/** A convolution that a batch normalization was folded into. */
interface Folded {
  node: string;
  convolution: GraphNode;
  /** Name of its kernel. */
  kernel: string;
  /** The node that adds the bias, and the bias; none for a convolution without one. */
  sum?: string;
  bias?: string;
  channels: number;
}

const CONVOLUTIONS = new Set(['Conv2D', 'DepthwiseConv2dNative']);
const BIAS_SUMS = new Set(['BiasAdd', 'Add', 'AddV2']);
const NORM_WEIGHTS = ['gamma', 'beta', 'moving_mean', 'moving_variance'] as const;

/**
 * Puts batch normalization back where it was folded into a convolution, so that a graph model fine-tunes like its original.
 * Each convolution with its bias, but those on one pixel (squeeze-and-excitation) and the head, is followed by a batch
 * normalization: its gamma and beta are the deviation and mean of the output on `batches`, as the original's were on the
 * images that it was trained on, and its moving statistics leave what the model computes as it is.
 *
 * @param model a graph model
 * @param batches uint8 or float32 `[batch, height, width, 3]`, as the model takes them before its preprocessing; the
 * caller keeps them. A few dozen images are enough
 * @throws InputError for a layers model, without images, and where there is nothing to unfold
 * @example const unfolded = await unfoldNorms(base, [images]);
 */
export async function unfoldNorms(
  model: Model,
  batches: Iterable<Tensor> | AsyncIterable<Tensor>,
  { epsilon = 1e-3, onProgress }: UnfoldOptions = {},
): Promise<Model> {
  const { topology } = model;
  if (topology.class_name !== 'Graph') {
    throw new InputError(
      'A layers model has its batch normalization as it is: only a graph model is unfolded.',
    );
  }
  const folded = foldedConvolutions(topology);
  if (folded.length === 0) {
    throw new InputError('The graph has no convolution that a batch normalization was folded into.');
  }
  const moments = await measureMoments(model, folded, batches);
  const fits = statisticsFit(moments.map(deviationOf));
  if (!fits) {
    onProgress?.(
      "The network's own statistics do not fit these images: batch normalization starts anew. Is the preprocessing right?",
    );
  }
  const values = folded.map(({ convolution, kernel, bias }, i) =>
    normValues({
      kernel: model.weights.get(kernel)!,
      depthwise: convolution.op === 'DepthwiseConv2dNative',
      bias: bias === undefined ? undefined : (model.weights.get(bias)!.data as Float32Array),
      moments: moments[i]!,
      fits,
      epsilon,
    }),
  );
  return withNorms(model, topology, folded, values, epsilon);
}

function foldedConvolutions(topology: GraphTopology): Folded[] {
  const { nodes } = topology.config;
  const all = byName(nodes);
  const takers = consumers(nodes);
  const shapes = traceShapes(topology);
  const head = findGraphHead(topology)?.node;
  return nodes.flatMap((convolution): Folded[] => {
    const shape = shapes.get(convolution.name);
    const channels = shape?.at(-1) ?? -1;
    const kernel = CONVOLUTIONS.has(convolution.op) ? dataInputs(convolution)[1]! : '';
    const isWeight = all.get(kernel) !== undefined && weightOf(all.get(kernel)!) !== undefined;
    if (!isWeight || takers.get(kernel)!.length > 1) return [];
    if (convolution === head || isPooled(shape) || channels < 1) return [];
    const found: Folded = { node: convolution.name, convolution, kernel, channels };
    const [taker, ...others] = takers.get(convolution.name)!;
    if (others.length > 0 || !taker) return [found];
    if (taker.op === 'FusedBatchNormV3') return [];
    const bias = dataInputs(taker).find((input) => {
      const node = all.get(sourceOf(input).node)!;
      return input.endsWith('/bias') && weightOf(node)?.shape.join() === String(channels);
    });
    return [{ ...found, ...(BIAS_SUMS.has(taker.op) && bias && { sum: taker.name, bias }) }];
  });
}

/** The model with batch normalizations in place of the sums of convolutions and their biases. */
function withNorms(
  model: Model,
  topology: GraphTopology,
  folded: readonly Folded[],
  values: readonly NormValues[],
  epsilon: number,
): Model {
  const { nodes, output } = topology.config;
  const weights: WeightMap = new Map(model.weights);
  const added: GraphNode[] = [];
  const replaced = new Map<string, GraphNode[]>();
  folded.forEach(({ convolution, kernel, sum, channels }, i) => {
    const found = values[i]!;
    const layer = freshLayer([...nodes, ...added], kernel);
    weights.set(kernel, { ...weights.get(kernel)!, data: found.kernel });
    for (const name of NORM_WEIGHTS) {
      const full = `${layer}/${name}`;
      added.push(weightNode(full, [channels], { trainable: !name.startsWith('moving') }));
      weights.set(full, { dtype: 'float32', shape: [channels], data: found[name] });
    }
    // Without a sum whose name it could take, the normalization takes the convolution's.
    const inner = sum ? convolution.name : freshName(nodes, `${convolution.name}/convolution`);
    const norm: GraphNode = {
      name: sum ?? convolution.name,
      op: 'FusedBatchNormV3',
      input: [inner, ...NORM_WEIGHTS.map((name) => `${layer}/${name}`)],
      attr: {
        T: json.type('float32'),
        U: json.type('float32'),
        epsilon: json.float(epsilon),
        is_training: json.bool(false),
      },
    };
    replaced.set(norm.name, sum ? [norm] : [{ ...convolution, name: inner }, norm]);
  });
  const changed = [...added, ...nodes.flatMap((node) => replaced.get(node.name) ?? [node])];
  const live = liveNodes(changed, sourceOf(output).node);
  const left = new Set(live.map(({ name }) => name));
  return model.with({
    topology: { ...topology, config: { ...topology.config, nodes: live } },
    weights: new Map([...weights].filter(([name]) => left.has(name))),
  });
}

/** `stem_conv/kernel` is followed by `stem_conv_bn`. */
function freshLayer(nodes: readonly GraphNode[], kernel: string): string {
  const base = `${kernel.replace(/\/(depthwise_)?kernel$/, '')}_bn`;
  for (let number = 0; ; number++) {
    const layer = number === 0 ? base : `${base}_${number}`;
    if (freshName(nodes, `${layer}/gamma`) === `${layer}/gamma`) return layer;
  }
}
