import { attr, type Fragment, type Output } from '../tensorflow/index.js';
import { arithmetic, lookUp } from './arithmetic.js';
import type { AugmentationRow } from './augmentation.js';
import { columnOf, STREAMS } from './draws.js';
import { applyStep, idOf, type OperationName } from './operations/index.js';

const KINDS: readonly OperationName[] = ['brightness', 'contrast', 'color', 'hue'];

/**
 * Brightness, contrast, saturation and hue change by random factors (in [1 - strength, 1 + strength], not below 0; hue by
 * as many turns either way), in an order that each image draws: torchvision's `ColorJitter`.
 */
export const colorJitter: AugmentationRow = {
  title: 'changes brightness, contrast, saturation and hue, in random order',
  parameters: [
    { name: 'brightness', default: 0.4 },
    { name: 'contrast', default: 0.4 },
    { name: 'saturation', default: 0.4 },
    { name: 'hue', default: 0, maximum: 0.5 },
  ],
  at: 'source',
  apply(f, images, { parameters, height, width, draws }) {
    const used = KINDS.flatMap((name, i) => {
      const strength = parameters[i]!;
      const range = name === 'hue' ? [-strength, strength] : [Math.max(-1, -strength), strength];
      return strength > 0 ? [{ name, from: range[0]!, to: range[1]! }] : [];
    });
    if (used.length === 0) return images;
    const drawn = draws.uniform(STREAMS.colorJitter, 2 * used.length);
    const order = orderOf(f, drawn, used.length);
    return used.reduce<string>((changed, _, i) => {
      const which = intColumn(f, order, i);
      const { add, multiply } = arithmetic(f);
      const table = (value: (kind: (typeof used)[number]) => number) => lookUp(f, used.map(value), which);
      const magnitude = add(
        table(({ from }) => from),
        multiply(
          columnOf(f, drawn, used.length + i),
          table(({ from, to }) => to - from),
        ),
      );
      const operation = f.cast(
        table(({ name }) => idOf(name)),
        'float32',
        'int32',
      );
      const step = { operation, magnitude, among: used.map(({ name }) => name) };
      return applyStep(f, changed, step, { height, width });
    }, images);
  },
};

/** A random order of 0..n - 1 for each image, from its first n draws: int32 `[batch, n]`. */
function orderOf(f: Fragment, drawn: Output, n: number): Output {
  const keys = f.op('Slice', [drawn, f.ints(0, 0), f.ints(-1, n)], {
    T: attr.type('float32'),
    Index: attr.type('int32'),
  });
  const sorted = f.op('TopKV2', [keys, f.constant(Int32Array.of(n), [])], { T: attr.type('float32') });
  return `${sorted}:1`;
}

function intColumn(f: Fragment, values: Output, index: number): Output {
  return f.op('StridedSlice', [values, f.ints(0, index), f.ints(0, index + 1), f.ints(1, 1)], {
    T: attr.type('int32'),
    Index: attr.type('int32'),
    begin_mask: attr.int(1),
    end_mask: attr.int(1),
    shrink_axis_mask: attr.int(2),
  });
}
