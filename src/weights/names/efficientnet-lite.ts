import { type NameMap, type SourceWeight, TRANSPOSES } from './name-map.js';

interface Layer {
  kind: 'conv' | 'depthwise' | 'dense' | 'norm';
  source: string;
}

/** Batch normalization, PyTorch's names by Keras's. */
const NORM = {
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
} as const;

/** Layers outside blocks. */
const STEM_AND_HEAD: Readonly<Record<string, Layer>> = {
  stem_conv: { kind: 'conv', source: '_conv_stem' },
  stem_bn: { kind: 'norm', source: '_bn0' },
  top_conv: { kind: 'conv', source: '_conv_head' },
  top_bn: { kind: 'norm', source: '_bn1' },
  predictions: { kind: 'dense', source: '_fc' },
};

/**
 * Layers of a block, by what follows `block1a_`. A block without expansion has no `_bn0`: the numbers of the
 * others stay.
 */
const BLOCK: Readonly<Record<string, Layer>> = {
  expand_conv: { kind: 'conv', source: '_expand_conv' },
  expand_bn: { kind: 'norm', source: '_bn0' },
  dwconv: { kind: 'depthwise', source: '_depthwise_conv' },
  bn: { kind: 'norm', source: '_bn1' },
  project_conv: { kind: 'conv', source: '_project_conv' },
  project_bn: { kind: 'norm', source: '_bn2' },
};

/** Weights of a layer by kind: the target's name, then where it comes from. */
const WEIGHTS: Readonly<Record<Layer['kind'], Readonly<Record<string, SourceWeight>>>> = {
  conv: { kernel: { source: 'weight', transpose: TRANSPOSES.conv }, bias: { source: 'bias' } },
  depthwise: { depthwise_kernel: { source: 'weight', transpose: TRANSPOSES.depthwise } },
  dense: { kernel: { source: 'weight', transpose: TRANSPOSES.dense }, bias: { source: 'bias' } },
  norm: Object.fromEntries(Object.entries(NORM).map(([target, source]) => [target, { source }])),
};

/** Stage number, letter within the stage, layer within the block: `block3b_dwconv`. */
const IN_BLOCK = /^block(\d+)([a-z])_(.+)$/;

/** EfficientNet-Lite in PyTorch, named as in https://github.com/lukemelas/EfficientNet-PyTorch. */
export const efficientnetLite: NameMap = {
  name: 'efficientnet-lite',
  ignored: /\.num_batches_tracked$/,
  bind(targets) {
    const blocks = blockNumbers(targets);
    return (target) => {
      const [layerName = '', weightName = ''] = target.split('/');
      const [, stage, letter, rest] = IN_BLOCK.exec(layerName) ?? [];
      const layer = rest === undefined ? own(STEM_AND_HEAD, layerName) : own(BLOCK, rest);
      const weight = layer && own(WEIGHTS[layer.kind], weightName);
      if (layer === undefined || weight === undefined) return undefined;
      const prefix = rest === undefined ? '' : `_blocks.${blocks.get(`${stage}${letter}`)}.`;
      return { ...weight, source: `${prefix}${layer.source}.${weight.source}` };
    };
  },
};

/** The source counts blocks through all stages, the target within each: 1a, 2a, 2b, 3a, ... are 0, 1, 2, 3, ... */
function blockNumbers(targets: readonly string[]): Map<string, number> {
  const blocks = new Map<string, { stage: number; letter: string }>();
  for (const target of targets) {
    const [, stage, letter] = IN_BLOCK.exec(target) ?? [];
    if (stage !== undefined && letter !== undefined)
      blocks.set(`${stage}${letter}`, { stage: Number(stage), letter });
  }
  const ordered = [...blocks].sort(([, a], [, b]) => a.stage - b.stage || (a.letter < b.letter ? -1 : 1));
  return new Map(ordered.map(([name], index) => [name, index]));
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
