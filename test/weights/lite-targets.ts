import type { WeightMap, WeightSpec } from '../../src/model/weights.js';

/** EfficientNet's stages: expansion, filters, repeats, kernel (arXiv 1905.11946, table 1). */
const STAGES = [
  [1, 16, 1, 3],
  [6, 24, 2, 3],
  [6, 40, 2, 5],
  [6, 80, 3, 3],
  [6, 112, 3, 5],
  [6, 192, 4, 5],
  [6, 320, 1, 3],
] as const;

/** Lite's repeats: the first and the last stage stay as they are, the others grow with depth. */
export function liteTargets(depth = 1, classes = 1000): WeightSpec[] {
  const targets: WeightSpec[] = [];
  const weight = (name: string, shape: number[], trainable = true) =>
    targets.push({ name, shape, trainable });
  const norm = (layer: string, channels: number) => {
    for (const name of ['gamma', 'beta']) weight(`${layer}/${name}`, [channels]);
    for (const name of ['moving_mean', 'moving_variance']) weight(`${layer}/${name}`, [channels], false);
  };
  weight('stem_conv/kernel', [3, 3, 3, 32]);
  norm('stem_bn', 32);
  let input = 32;
  STAGES.forEach(([expansion, filters, repeats, kernel], stage) => {
    const isFixed = stage === 0 || stage === STAGES.length - 1;
    for (let block = 0; block < (isFixed ? repeats : Math.ceil(repeats * depth)); block += 1) {
      const name = `block${stage + 1}${String.fromCharCode(97 + block)}_`;
      const wide = input * expansion;
      if (expansion !== 1) {
        weight(`${name}expand_conv/kernel`, [1, 1, input, wide]);
        norm(`${name}expand_bn`, wide);
      }
      weight(`${name}dwconv/depthwise_kernel`, [kernel, kernel, wide, 1]);
      norm(`${name}bn`, wide);
      weight(`${name}project_conv/kernel`, [1, 1, wide, filters]);
      norm(`${name}project_bn`, filters);
      input = filters;
    }
  });
  weight('top_conv/kernel', [1, 1, 320, 1280]);
  norm('top_bn', 1280);
  weight('predictions/kernel', [1280, classes]);
  weight('predictions/bias', [classes]);
  return targets;
}

/** Weights with PyTorch's names and layouts, all zero, for the same table; a few elements where shapes allow it. */
export function liteSource(depth = 1): WeightMap {
  const NORM = { gamma: 'weight', beta: 'bias', moving_mean: 'running_mean', moving_variance: 'running_var' };
  const OUTSIDE = {
    stem_conv: '_conv_stem',
    stem_bn: '_bn0',
    top_conv: '_conv_head',
    top_bn: '_bn1',
    predictions: '_fc',
  };
  const source: WeightMap = new Map();
  const blocks: string[] = [];
  for (const { name, shape } of liteTargets(depth)) {
    const [layer = '', weight = ''] = name.split('/');
    const [, block, rest = ''] = /^(block\d+[a-z])_(.*)$/.exec(layer) ?? [];
    if (block !== undefined && !blocks.includes(block)) blocks.push(block);
    const inside = {
      expand_conv: '_expand_conv',
      expand_bn: '_bn0',
      dwconv: '_depthwise_conv',
      bn: '_bn1',
    } as const;
    const last = { project_conv: '_project_conv', project_bn: '_bn2' } as const;
    const from =
      block === undefined
        ? OUTSIDE[layer as keyof typeof OUTSIDE]
        : `_blocks.${blocks.indexOf(block)}.${{ ...inside, ...last }[rest as 'bn']}`;
    const suffix = NORM[weight as keyof typeof NORM] ?? (weight === 'bias' ? 'bias' : 'weight');
    const [a = 0, b = 0, c = 0, d = 0] = shape;
    const shapes: Record<string, number[]> = {
      depthwise_kernel: [c, d, a, b],
      kernel: shape.length === 4 ? [d, c, a, b] : [b, a],
    };
    const own = shapes[weight] ?? [...shape];
    const count = own.reduce((product, dimension) => product * dimension, 1);
    source.set(`${from}.${suffix}`, { dtype: 'float32', shape: own, data: new Float32Array(count) });
    if (weight === 'gamma') {
      source.set(`${from}.num_batches_tracked`, { dtype: 'int64', shape: [], data: new BigInt64Array(1) });
    }
  }
  return source;
}
