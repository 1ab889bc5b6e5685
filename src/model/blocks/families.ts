/**
 * How families name the layers of a block: the first group is the block's name. A separator is `_`, and `/` in names
 * that come from scopes. A new family is a row.
 */
const FAMILIES: readonly RegExp[] = [
  // EfficientNet: block1a_expand_conv
  /(?:^|\/)(block\d+[a-z]+)[_/]/,
  // MobileNetV2: block_1_expand, behind expanded_conv_depthwise; V3: expanded_conv_1_expand
  /(?:^|\/)(block_\d+)[_/]/,
  /(?:^|\/)(expanded_conv(?:_\d+)?)[_/]/,
  // MobileNet: conv_dw_1, conv_pw_1_bn, conv_pad_2; in TF-slim Conv2d_1_depthwise
  /(?:^|\/)conv_(?:dw|pw|pad)_(\d+)(?:[_/]|$)/,
  /(?:^|\/)Conv2d_(\d+)_(?:depth|point)wise(?:[_/]|$)/,
  // ResNet, ResNeXt, DenseNet: conv2_block1_1_conv; in TF-slim block1/unit_1/bottleneck_v1/conv1
  /(?:^|\/)(conv\d+_block\d+)[_/]/,
  /(?:^|\/)(block\d+\/unit_\d+)[_/]/,
  // WideResNet, PyramidNet, Shake-Shake: group1_block1_conv1
  /(?:^|\/)(group\d+_block\d+)[_/]/,
  // ConvNeXt: convnext_tiny_stage_0_block_0_depthwise_conv
  /(?:^|\/)((?:\w+_)?stage_?\d+_block_?\d+)[_/]/,
  // The networks of TensorFlow's own TPU code: blocks_0/conv2d
  /(?:^|\/)(blocks_\d+)[_/]/,
  // Inception-ResNet: block35_1_conv
  /(?:^|\/)(block\d+_\d+)[_/]/,
  // Xception, VGG: block1_conv1
  /(?:^|\/)(block\d+)[_/]/,
];

/** A number alone is no name: it gets the word before it. */
const named = (found: string): string => (/^\d+$/.test(found) ? `conv_${found}` : found);

/**
 * Blocks by the names of layers: for each layer its block, undefined for a layer that no family names so.
 *
 * @returns undefined where fewer than two blocks are named
 */
export function namedBlocks(layers: readonly string[]): Map<string, string> | undefined {
  const blocks = new Map<string, string>();
  for (const layer of layers) {
    const found = FAMILIES.map((family) => family.exec(layer)?.[1]).find((name) => name !== undefined);
    if (found !== undefined) blocks.set(layer, named(found));
  }
  return new Set(blocks.values()).size > 1 ? blocks : undefined;
}
