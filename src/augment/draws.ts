import { attr, type Fragment, type Output } from '../tensorflow/index.js';

/**
 * What numbers are drawn for: each use has a stream of its own. A number keeps its use for good, or runs of before
 * could not be repeated.
 */
export const STREAMS = {
  flip: 0,
  verticalFlip: 1,
  crop: 2,
  randomResizedCrop: 3,
  colorJitter: 4,
  autoAugment: 5,
  randAugment: 6,
  trivialAugment: 7,
  augMix: 8,
  augMixShares: 9,
  cutout: 10,
  randomErasing: 11,
  erasingNoise: 12,
  erasingChance: 13,
  mix: 14,
  mixup: 15,
  cutmix: 16,
} as const;

/** Tells the draws of augmentation from those of the layers, which count up from 1. */
const OFFSET = 1 << 20;

/** Which images of which update numbers are drawn for. */
export interface DrawsOptions {
  /** int64 `[2]`: run seed and update */
  seed: Output;
  /** int32 scalar: place of the first image within its update. @default 0 */
  first?: Output;
  /** int32 scalar: number of images */
  count: Output;
}

/**
 * Random numbers, a row an image. Row i is a function of run seed, update, stream and `first + i` alone: an update
 * that is divided into batches otherwise draws the same numbers for its images.
 */
export class Draws {
  readonly #f: Fragment;
  readonly #options: Required<DrawsOptions>;

  constructor(f: Fragment, { first = f.constant(Int32Array.of(0), []), ...rest }: DrawsOptions) {
    this.#f = f;
    this.#options = { first, ...rest };
  }

  /** Uniform in [0, 1). @returns float32 `[count, columns]` */
  uniform(stream: number, columns: number): Output {
    return this.#rows(columns, (shape) =>
      this.#f.op('StatelessRandomUniform', [shape, this.#seed(stream)], {
        dtype: attr.type('float32'),
        T: attr.type('int32'),
        Tseed: attr.type('int64'),
      }),
    );
  }

  /** From Gamma(alpha, 1). @returns float32 `[count, columns]` */
  gamma(stream: number, columns: number, alpha: number): Output {
    return this.#rows(columns, (shape) =>
      this.#f.op('StatelessRandomGammaV2', [shape, this.#seed(stream), this.#f.scalar(alpha)], {
        dtype: attr.type('float32'),
        T: attr.type('int32'),
        Tseed: attr.type('int64'),
      }),
    );
  }

  /** Uniform in [0, 1), the same for all images of an update. @returns float32 `[1, ...shape]` */
  shared(stream: number, shape: readonly number[]): Output {
    return this.#f.op('StatelessRandomUniform', [this.#f.ints(1, ...shape), this.#seed(stream)], {
      dtype: attr.type('float32'),
      T: attr.type('int32'),
      Tseed: attr.type('int64'),
    });
  }

  #seed(stream: number): Output {
    const own = this.#f.constant(BigInt64Array.of(BigInt(OFFSET + stream) << 32n, 0n));
    return this.#f.math('AddV2', [this.#options.seed, own], 'int64');
  }

  // The generators fill their result in order, so the rows of the images before are drawn too, and left out.
  #rows(columns: number, draw: (shape: Output) => Output): Output {
    const f = this.#f;
    const { first, count } = this.#options;
    const pack = (...sizes: Output[]) =>
      f.op('Pack', sizes, { T: attr.type('int32'), N: attr.int(sizes.length), axis: attr.int(0) });
    const scalar = (value: number) => f.constant(Int32Array.of(value), []);
    const drawn = draw(pack(f.math('AddV2', [first, count], 'int32'), scalar(columns)));
    return f.op('Slice', [drawn, pack(first, scalar(0)), pack(count, scalar(columns))], {
      T: attr.type('float32'),
      Index: attr.type('int32'),
    });
  }
}

/** One column of `[n, columns]`. @returns `[n]` */
export function columnOf(f: Fragment, drawn: Output, index: number): Output {
  return f.op('StridedSlice', [drawn, f.ints(0, index), f.ints(0, index + 1), f.ints(1, 1)], {
    T: attr.type('float32'),
    Index: attr.type('int32'),
    begin_mask: attr.int(1),
    end_mask: attr.int(1),
    shrink_axis_mask: attr.int(2),
  });
}

/** The number of images in a batch. @returns int32 scalar */
export function countOf(f: Fragment, images: Output, dtype: 'uint8' | 'float32'): Output {
  const int = attr.type('int32');
  const shape = f.op('Shape', [images], { T: attr.type(dtype), out_type: int });
  return f.op('StridedSlice', [shape, f.ints(0), f.ints(1), f.ints(1)], {
    T: int,
    Index: int,
    shrink_axis_mask: attr.int(1),
  });
}
