import type { GraphNode } from '../../../models/topology.js';
import { byName, consumers, dataInputs, liveNodes } from '../../model/graph/nodes.js';
import type { WeightMap } from '../../model/weights.js';
import { channelRanges, scaleChannels } from './channels.js';
import { constantMaker } from './constants.js';
import type { InferenceGraph } from './inference-graph.js';

const CONVOLUTIONS = new Set(['Conv2D', 'DepthwiseConv2dNative']);
const T = { type: 'DT_FLOAT' };

/**
 * Gives all channels of each kernel the same range, -1 to 1, and multiplies behind it by what each had: a format with one scale
 * a tensor then rounds by channel. Bias and factor become one batch normalization, a single operation in tfjs.
 */
export function spreadChannels(graph: InferenceGraph): InferenceGraph {
  const nodes = byName(graph.nodes);
  const takers = consumers(graph.nodes);
  const values: WeightMap = new Map(graph.values);
  const constant = constantMaker(graph.nodes, values);
  const replaced = new Map<string, GraphNode[]>();
  for (const sum of graph.nodes) {
    if (sum.op !== 'BiasAdd') continue;
    const [x = '', bias = ''] = dataInputs(sum);
    const product = nodes.get(x);
    const kernel = product && dataInputs(product)[1]!;
    const [weights, shift] = [values.get(kernel ?? ''), values.get(bias)];
    const isOnly =
      takers.get(x)!.length === 1 && x !== graph.output && takers.get(kernel ?? '')?.length === 1;
    const isConvolution = product !== undefined && CONVOLUTIONS.has(product.op);
    const isProduct = product?.op === 'MatMul' && product.attr?.transpose_b?.b !== true;
    if (!isOnly || !(isConvolution || isProduct) || weights?.dtype !== 'float32' || !shift) continue;
    const channels = shift.data.length;
    const ranges = channelRanges(weights.data as Float32Array, channels);
    const data = scaleChannels(
      weights.data as Float32Array,
      ranges.map((range) => 1 / range),
    );
    values.set(kernel!, { ...weights, data });
    const scale = constant(`${sum.name}/scale`, ranges);
    if (isProduct) {
      const scaled = { name: `${scale.name}/mul`, op: 'Mul', input: [x, scale.name], attr: { T } };
      replaced.set(sum.name, [scale, scaled, { ...sum, input: [scaled.name, bias] }]);
      continue;
    }
    const mean = constant(`${sum.name}/mean`, new Float32Array(channels));
    const variance = constant(`${sum.name}/variance`, new Float32Array(channels).fill(1));
    const norm: GraphNode = {
      name: sum.name,
      op: 'FusedBatchNormV3',
      input: [x, scale.name, bias, mean.name, variance.name],
      attr: {
        T,
        U: T,
        epsilon: { f: 0 },
        is_training: { b: false },
        data_format: sum.attr?.data_format ?? NHWC,
      },
    };
    replaced.set(sum.name, [scale, mean, variance, norm]);
  }
  const found = graph.nodes.flatMap((node) => replaced.get(node.name) ?? [node]);
  return { ...graph, nodes: liveNodes(found, graph.output), values };
}

const NHWC = { s: Buffer.from('NHWC').toString('base64') };
