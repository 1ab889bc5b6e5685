import type { Conventions } from './conventions.js';
import {
  type BlockStyle,
  convolution,
  DENSE_INITIALIZER,
  fusedInvertedResidual,
  invertedResidual,
  normalizeAndActivate,
} from './efficientnet-blocks.js';
import { FunctionalBuilder } from './functional-builder.js';
import type { FunctionalTopology } from './topology.js';
import type { LayerOutput } from './window.js';

/** A row of the block table: blocks of one width. */
export interface EfficientNetStage {
  /** Whether expansion and depthwise convolution are one whole convolution. @default false */
  fused?: boolean;
  kernelSize: number;
  /** Blocks at depth 1. */
  repeats: number;
  /** Output channels at width 1. */
  filters: number;
  /** Channels inside a block, as a multiple of its input channels. */
  expandRatio: number;
  /** Strides of the first block. */
  strides: 1 | 2;
  /** Channels of the squeezed layer, as a fraction of the block's input channels; 0 leaves squeeze-and-excitation out. */
  squeezeRatio: number;
}

/** What the members of a family share. */
export interface EfficientNetFamily {
  stages: readonly EfficientNetStage[];
  activation: BlockStyle['activation'];
  /** Channels of the stem at width 1. */
  stemFilters: number;
  /** Channels, of a number that the width has scaled. */
  round(channels: number): number;
  /** Whether stem and head channels follow the width, and repeats of the first and last stage the depth. */
  scaleStemAndHead: boolean;
  /** Whether `same` padding of a strided window is a layer of zeros, as keras.applications has it for some. */
  explicitPadding: boolean;
  depthwiseName: BlockStyle['depthwiseName'];
  /** Of batch normalization. */
  momentum: number;
  /** The layers that turn pixels in 0..255 into the network's input, where they are part of the model. */
  preprocess(net: FunctionalBuilder, pixels: LayerOutput, options: { imagenetWeights: boolean }): LayerOutput;
}

/** Everything that decides a member's topology. */
export interface EfficientNetPlan extends Conventions {
  modelName: string;
  family: EfficientNetFamily;
  width: number;
  depth: number;
  /** Side of the square input, in pixels. */
  imageSize: number;
  classes: number;
  /** Dropout rate in front of the classifier; 0 leaves the layer out. */
  dropout: number;
  /** Drop-connect rate that the last block would have if there were one more; it grows linearly from 0. */
  dropConnect: number;
  preprocessing: 'none' | 'in-model' | 'in-model-imagenet';
  classifierActivation: string;
}

const HEAD_FILTERS = 1280;

/** Blocks of each stage at `depth`, rounded up. */
function stageRepeats({ family, depth }: EfficientNetPlan): number[] {
  const last = family.stages.length - 1;
  return family.stages.map(({ repeats }, index) =>
    family.scaleStemAndHead || (index !== 0 && index !== last) ? Math.ceil(depth * repeats) : repeats,
  );
}

/**
 * EfficientNet as a topology (arXiv 1905.11946, 2104.00298), with the layers and the layer names of
 * keras.applications. Nothing is allocated: the largest member takes milliseconds too.
 */
export function buildEfficientNet(plan: EfficientNetPlan): FunctionalTopology {
  const { family, width, imageSize, padding, epsilon } = plan;
  const { activation, explicitPadding, depthwiseName, momentum } = family;
  const normalization = { epsilon, momentum };
  const style: BlockStyle = { activation, padding, explicitPadding, depthwiseName, normalization };

  const net = new FunctionalBuilder(plan.modelName);
  const input = net.input('input_1', [imageSize, imageSize, 3]);
  const pixels =
    plan.preprocessing === 'none'
      ? input
      : family.preprocess(net, input, { imagenetWeights: plan.preprocessing === 'in-model-imagenet' });

  const endWidth = family.scaleStemAndHead ? width : 1;
  const stemFilters = family.round(family.stemFilters * endWidth);
  const stem = { style, filters: stemFilters, kernelSize: 3, strides: 2 } as const;
  let x = normalizeAndActivate(net, 'stem_', convolution(net, 'stem_conv', pixels, stem), style);
  x = stages(net, x, { plan, style });

  const filters = family.round(HEAD_FILTERS * endWidth);
  x = normalizeAndActivate(net, 'top_', convolution(net, 'top_conv', x, { style, filters }), style);
  x = net.globalAveragePooling2d('avg_pool', x);
  if (plan.dropout > 0) x = net.dropout('top_dropout', x, { rate: plan.dropout });
  const output = net.dense('predictions', x, {
    units: plan.classes,
    activation: plan.classifierActivation,
    initializer: DENSE_INITIALIZER,
  });
  return net.topology(input, output);
}

/** The blocks of every stage; drop-connect grows from block to block. */
function stages(
  net: FunctionalBuilder,
  input: LayerOutput,
  { plan, style }: { plan: EfficientNetPlan; style: BlockStyle },
): LayerOutput {
  const { family, width, dropConnect } = plan;
  const repeats = stageRepeats(plan);
  const blocks = repeats.reduce((sum, count) => sum + count, 0);
  let x = input;
  let block = 0;
  family.stages.forEach((stage, stageIndex) => {
    const build = stage.fused ? fusedInvertedResidual : invertedResidual;
    for (let repeat = 0; repeat < repeats[stageIndex]!; repeat++) {
      const prefix = `block${stageIndex + 1}${String.fromCharCode('a'.charCodeAt(0) + repeat)}_`;
      x = build(net, prefix, x, {
        ...stage,
        style,
        strides: repeat === 0 ? stage.strides : 1,
        filters: family.round(stage.filters * width),
        dropRate: (dropConnect * block) / blocks,
      });
      block += 1;
    }
  });
  return x;
}
