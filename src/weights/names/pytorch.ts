import type { WeightMap } from '../../model/weights.js';
import type { NameMap, SourceWeight } from './name-map.js';
import { splitTarget } from './split-target.js';

/** Transposes of PyTorch's weights to TensorFlow's. */
export const TRANSPOSES = {
  /** [out, in, height, width] to [height, width, in, out] */
  conv: [2, 3, 1, 0],
  /** [channels, 1, height, width] to [height, width, channels, 1] */
  depthwise: [2, 3, 0, 1],
  /** [out, in] to [in, out] */
  dense: [1, 0],
} as const;

/**
 * What a layer of PyTorch is, as far as the layout of its weights goes. `pointwise` is linear there, and a convolution
 * over one pixel here.
 */
export type TorchKind = 'conv' | 'linear' | 'pointwise' | 'norm';

/** A layer of PyTorch: its path among the modules, and its kind. */
export interface TorchLayer {
  kind: TorchKind;
  source: string;
}

/** Weights of a layer by kind: the target's name, then where it comes from. */
const WEIGHTS: Readonly<Record<TorchKind, Readonly<Record<string, SourceWeight>>>> = {
  conv: {
    kernel: { source: 'weight', transpose: TRANSPOSES.conv },
    depthwise_kernel: { source: 'weight', transpose: TRANSPOSES.depthwise },
    bias: { source: 'bias' },
  },
  linear: { kernel: { source: 'weight', transpose: TRANSPOSES.dense }, bias: { source: 'bias' } },
  pointwise: {
    kernel: { source: 'weight', transpose: TRANSPOSES.conv, linear: true },
    bias: { source: 'bias' },
  },
  norm: {
    gamma: { source: 'weight' },
    beta: { source: 'bias' },
    moving_mean: { source: 'running_mean' },
    moving_variance: { source: 'running_var' },
  },
};

/** Finds the layer of PyTorch for one of ours; undefined where there is none. */
export type LayerBinding = (layer: string) => TorchLayer | undefined;

/** A source whose weights are PyTorch's: only the paths of its layers are its own. */
export function torchNameMap(
  row: Pick<NameMap, 'name' | 'description' | 'conventions'>,
  bindLayers: (layers: ReadonlySet<string>) => LayerBinding,
): NameMap {
  return {
    ...row,
    // How many batches a batch normalization has seen: nothing here needs it.
    ignored: /\.num_batches_tracked$/,
    prepare(source, targets) {
      const layers = layersOf(targets);
      return withPixels(source, layers, bindLayers(layers));
    },
    bind(targets) {
      const layerOf = bindLayers(layersOf(targets));
      return (target) => {
        const { layer, weight } = splitTarget(target);
        const found = layerOf(layer);
        const from = found && own(WEIGHTS[found.kind], weight);
        return from && { ...from, source: `${found.source}.${from.source}` };
      };
    },
  };
}

function layersOf(targets: readonly string[]): ReadonlySet<string> {
  return new Set(targets.map((target) => splitTarget(target).layer));
}

/** The same weights, with `[out, in]` as `[out, in, 1, 1]` where that is a convolution here. */
function withPixels(source: WeightMap, layers: ReadonlySet<string>, layerOf: LayerBinding): WeightMap {
  const prepared = new Map(source);
  for (const layer of layers) {
    const found = layerOf(layer);
    const name = `${found?.source}.weight`;
    const tensor = source.get(name);
    if (found?.kind !== 'pointwise' || tensor?.shape.length !== 2) continue;
    prepared.set(name, { ...tensor, shape: [...tensor.shape, 1, 1] });
  }
  return prepared;
}

/** The entry of a table, never one of its prototype. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
