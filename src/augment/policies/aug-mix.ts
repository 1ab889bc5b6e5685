import { attr, type Fragment, type Output } from '../../tensorflow/index.js';
import { arithmetic, lookUp } from '../arithmetic.js';
import type { AugmentationRow } from '../augmentation.js';
import { columnOf, STREAMS } from '../draws.js';
import { applyStep, idOf, type OperationName, type Step } from '../operations/index.js';
import { indexOf } from './choice.js';
import { isSigned } from './magnitudes.js';

const WIDTH = 3;
const DEPTH = 3;
/** Severities go up to this. */
const HIGHEST = 10;
const LOWEST_LEVEL = 0.1;

/** How a level of 0..10 becomes a magnitude: `from` + level / 10 * `by`, of which whole numbers where `whole`. */
interface Scale {
  name: OperationName;
  from?: number;
  by: number;
  whole?: boolean;
}

/** Without those that the corruptions of ImageNet-C resemble, as published. */
const scales = (height: number, width: number): readonly Scale[] => [
  { name: 'auto-contrast', by: 0 },
  { name: 'equalize', by: 0 },
  { name: 'posterize', from: 4, by: -4, whole: true },
  { name: 'rotate', by: 30, whole: true },
  { name: 'solarize', from: 256, by: -256, whole: true },
  { name: 'shear-x', by: 0.3 },
  { name: 'shear-y', by: 0.3 },
  { name: 'translate-x', by: width / 3, whole: true },
  { name: 'translate-y', by: height / 3, whole: true },
];

/**
 * Three chains of one to three operations, averaged with weights from Dirichlet(alpha), and that averaged with the image
 * itself with a weight from Beta(alpha, alpha) (arXiv 1912.02781). Its consistency loss is not part of this.
 */
export const augMix: AugmentationRow = {
  title: 'mixes an image with three chains of operations on it (arXiv 1912.02781, without its loss)',
  parameters: [
    { name: 'severity', default: 3, minimum: 0.1, maximum: HIGHEST },
    { name: 'alpha', default: 1, minimum: 0.1, maximum: 100 },
  ],
  at: 'source',
  apply(f, images, { parameters: [severity = 3, alpha = 1], height, width, draws }) {
    const drawn = draws.uniform(STREAMS.augMix, WIDTH * (1 + 3 * DEPTH));
    // `[WIDTH * batch]`: the chains stand one behind the other, as one batch.
    const chained = (index: number) =>
      f.op(
        'ConcatV2',
        [
          ...Array.from({ length: WIDTH }, (_, i) => columnOf(f, drawn, index * WIDTH + i)),
          f.constant(Int32Array.of(0), []),
        ],
        { T: attr.type('float32'), N: attr.int(WIDTH), Tidx: attr.type('int32') },
      );
    const depth = indexOf(f, chained(0), DEPTH);
    let chains = f.op('Tile', [images, f.ints(WIDTH, 1, 1, 1)], {
      T: attr.type('float32'),
      Tmultiples: attr.type('int32'),
    });
    for (let i = 0; i < DEPTH; i++) {
      const [which, level, sign] = [0, 1, 2].map((k) => chained(1 + 3 * i + k));
      const goesOn = f.math('LessEqual', [f.constant(Int32Array.of(i), []), depth], 'int32');
      const choice = { goesOn, which: which!, level: level!, sign: sign! };
      const step = stepOf(f, scales(height, width), severity, choice);
      chains = applyStep(f, chains, step, { height, width });
    }
    return mixed(f, images, chains, draws.gamma(STREAMS.augMixShares, WIDTH + 2, alpha), { height, width });
  },
};

interface Choice {
  /** bool: whether the chain is that long */
  goesOn: Output;
  which: Output;
  level: Output;
  sign: Output;
}

function stepOf(f: Fragment, entries: readonly Scale[], severity: number, choice: Choice): Step {
  const { add, floor, less, multiply, select } = arithmetic(f);
  const index = indexOf(f, choice.which, entries.length);
  const table = (value: (entry: Scale) => number) => lookUp(f, entries.map(value), index);
  const level = add(multiply(choice.level, severity - LOWEST_LEVEL), LOWEST_LEVEL);
  const size = multiply(
    level,
    table(({ by }) => Math.abs(by) / HIGHEST),
  );
  const whole = less(
    0,
    table((entry) => (entry.whole ? 1 : 0)),
  );
  const opposite = less(choice.sign, 0.5);
  const direction = select(
    opposite,
    table(({ name, by }) => (isSigned(name) ? -1 : Math.sign(by))),
    table(({ by }) => Math.sign(by)),
  );
  const magnitude = add(
    table(({ from = 0 }) => from),
    multiply(direction, select(whole, floor(size), size)),
  );
  const operation = select(
    choice.goesOn,
    table(({ name }) => idOf(name)),
    idOf('identity'),
  );
  const among = entries.map(({ name }) => name);
  return { operation: f.cast(operation, 'float32', 'int32'), magnitude, among };
}

function mixed(
  f: Fragment,
  images: Output,
  chains: Output,
  gammas: Output,
  { height, width }: { height: number; width: number },
): Output {
  const { add, divide, less, multiply, perImage, round, select } = arithmetic(f);
  // Normalised gammas: of two they are Beta, of three Dirichlet. Where all are too small for float32, as they can be for
  // small alpha, the first gets all.
  const shares = (from: number, count: number) => {
    const own = Array.from({ length: count }, (_, i) => columnOf(f, gammas, from + i));
    const sum = own.reduce((a, b) => add(a, b));
    const some = less(0, sum);
    const divisor = select(some, sum, 1);
    return own.map((gamma, i) => select(some, divide(gamma, divisor), i === 0 ? 1 : 0));
  };
  const [kept, changed] = shares(0, 2);
  const each = f.reshape(chains, [WIDTH, -1, height, width, 3]);
  const total = shares(2, WIDTH).reduce(
    (sum, share, i) => {
      const chain = f.op('StridedSlice', [each, f.ints(i), f.ints(i + 1), f.ints(1)], {
        T: attr.type('float32'),
        Index: attr.type('int32'),
        shrink_axis_mask: attr.int(1),
      });
      return add(sum, multiply(perImage(multiply(changed!, share)), chain));
    },
    multiply(perImage(kept!), images),
  );
  return round(total);
}
