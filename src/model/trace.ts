import type { Json, LayerConfig, LayersTopology } from '../../models/topology.js';
import { Fragment } from '../tensorflow/index.js';
import type { LayerCall, NormMode, Value } from './layers/layer.js';
import { chainToGraph } from './sequential.js';
import { builderOf, inputShapeOf, inputsOf } from './walk.js';
import type { WeightSpec } from './weights.js';

/** One call of a layer, with the shapes of what goes in and out; all shapes are without the batch. */
export interface TracedLayer {
  name: string;
  className: string;
  config: Readonly<Record<string, Json | undefined>>;
  /** Indices of the calls whose outputs it takes. */
  inputs: readonly number[];
  shape: readonly number[];
  /** Its weights; none where an earlier call of the same layer had them. */
  weights: readonly WeightSpec[];
}

export interface TraceOptions {
  /** Side of the square input in pixels, where it differs from the topology's. */
  imageSize?: number;
}

/**
 * Follows a topology from its input to its last layer by the layers' own builders, and notes shapes and weights.
 * Nothing is computed, and no TensorFlow is needed. Unlike a forward pass, the last layer may give anything.
 *
 * @throws InputError for a layer that is not supported, or an image that is too small for the network
 */
export function traceLayers(topology: LayersTopology, { imageSize }: TraceOptions = {}): TracedLayer[] {
  const { layers } = chainToGraph(topology).config;
  const fragment = new Fragment();
  const traced: TracedLayer[] = [];
  const calls = new Map<string, number>();
  const seen = new Set<string>();

  const add = (
    layer: LayerConfig,
    call: number,
    rest: Omit<TracedLayer, 'name' | 'className' | 'config'>,
  ) => {
    calls.set(`${layer.name}:${call}`, traced.length);
    traced.push({ name: layer.name, className: layer.class_name, config: layer.config, ...rest });
  };

  for (const layer of layers) {
    if (layer.class_name === 'InputLayer') {
      add(layer, 0, { inputs: [], shape: inputShapeOf(layer, imageSize), weights: [] });
      continue;
    }
    const build = builderOf(layer);
    layer.inbound_nodes!.forEach((_, call) => {
      const inputs = inputsOf(layer, call, calls);
      const weights: WeightSpec[] = [];
      const values = inputs.map((at): Value => ({ output: `${at}`, shape: traced[at]!.shape }));
      const { shape } = fragment.within(layer.name, () => build(layerCall(layer, values, weights)));
      add(layer, call, { inputs, shape, weights });
    });
  }
  return traced;

  function layerCall(layer: LayerConfig, inputs: readonly Value[], weights: WeightSpec[]): LayerCall {
    return {
      fragment,
      name: layer.name,
      config: layer.config,
      inputs,
      training: true,
      normMode: 'batch' satisfies NormMode,
      weight(name, shape, { trainable = true } = {}) {
        const full = `${layer.name}/${name}`;
        if (!seen.has(full)) weights.push({ name: full, shape, trainable });
        seen.add(full);
        return full;
      },
      uniform: () => 'uniform',
      statistics: () => {},
    };
  }
}
