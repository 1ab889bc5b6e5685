import type { FunctionalTopology } from '../../models/topology.js';
import type { WeightMap, WeightTensor } from '../model/weights.js';
import { toFloat32 } from '../weights/to-float32.js';
import { channelRanges, scaleChannels } from './graph/channels.js';

const KERNELS: Readonly<Record<string, string>> = { Conv2D: 'kernel', DepthwiseConv2D: 'depthwise_kernel' };
/** Keras's own, where a layer does not say. */
const EPSILON = 1e-3;

/**
 * Gives all channels of each convolution before a batch normalization the same range, -1 to 1, and its statistics to match:
 * the same model, whose kernels lose less in a format with one scale a tensor.
 */
export function spreadLayers({ config }: FunctionalTopology, given: WeightMap): WeightMap {
  const weights = new Map(given);
  const calls = new Map<string, string[]>();
  for (const { name, inbound_nodes } of config.layers)
    for (const [from] of inbound_nodes?.flat() ?? []) calls.set(from, [...(calls.get(from) ?? []), name]);
  const layers = new Map(config.layers.map((layer) => [layer.name, layer]));
  for (const layer of config.layers) {
    const kernelName = `${layer.name}/${KERNELS[layer.class_name]}`;
    const takers = calls.get(layer.name) ?? [];
    const norm = layers.get(takers[0] ?? '');
    const { activation } = layer.config;
    const isLinear = activation == null || activation === 'linear';
    const kernel = weights.get(kernelName);
    if (!kernel || !isLinear || takers.length !== 1 || layer.inbound_nodes?.length !== 1) continue;
    if (norm?.class_name !== 'BatchNormalization' || norm.inbound_nodes?.length !== 1) continue;
    const weight = (name: string) => weights.get(`${norm.name}/${name}`);
    const [gamma, mean, variance] = [weight('gamma'), weight('moving_mean'), weight('moving_variance')];
    if (!gamma || !mean || !variance) continue;
    const epsilon = Number(norm.config.epsilon ?? EPSILON);
    const ranges = channelRanges(toFloat32(kernel), gamma.data.length);
    const set = (name: string, tensor: WeightTensor, change: (value: number, channel: number) => number) =>
      weights.set(name, { dtype: 'float32', shape: tensor.shape, data: toFloat32(tensor).map(change) });
    const inverse = ranges.map((range) => 1 / range);
    const data = scaleChannels(toFloat32(kernel), inverse);
    weights.set(kernelName, { dtype: 'float32', shape: kernel.shape, data });
    const bias = weights.get(`${layer.name}/bias`);
    if (bias) set(`${layer.name}/bias`, bias, (value, i) => value / ranges[i]!);
    const before = toFloat32(variance);
    // What the epsilon adds weighs more on a smaller variance: gamma makes up for it.
    set(`${norm.name}/gamma`, gamma, (value, i) => {
      const r = ranges[i]!;
      return (value * r * Math.sqrt(before[i]! / r ** 2 + epsilon)) / Math.sqrt(before[i]! + epsilon);
    });
    set(`${norm.name}/moving_mean`, mean, (value, i) => value / ranges[i]!);
    set(`${norm.name}/moving_variance`, variance, (value, i) => value / ranges[i]! ** 2);
  }
  return weights;
}
