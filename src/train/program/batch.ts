import { augment, mix } from '../../augment/index.js';
import { smoothTargets } from '../../loss/index.js';
import { type Model, normalizePixels, resizeImages } from '../../model/index.js';
import { attr, Fragment, type Output } from '../../tensorflow/index.js';

/** How pairs of images are mixed: see `--mixup` and `--cutmix`. */
export interface Mixing {
  mixup: number;
  cutmix: number;
  mixMode: 'batch' | 'image';
  mixSwitch: number;
  mixProbability: number;
}

export interface BatchFragmentOptions {
  /** Size of the images in a batch, before they are enlarged. Features are float32, and taken as they are. */
  source: { height: number; width: number; channels?: number; kind?: 'array' | 'encoded' | 'features' };
  augmentations: readonly string[];
  labelSmoothing: number;
  mixing?: Mixing;
}

/** Names of the fragment's nodes. */
export const BATCH = {
  /** uint8 `[images, height, width, 3]`, or float32 features */
  pixels: 'pixels',
  /** int32 `[images]` */
  labels: 'labels',
  /** int64 `[2]`: run seed and update */
  seed: 'seed',
  /** int32 scalar: place of the first image within its update */
  first: 'first',
  /** float32 scalar: 1 where images are mixed, 0 where mixing is off */
  mixing: 'mixing',
  /** float32 `[images, height, width, 3]`, what the network takes */
  images: 'images',
  /** The same in 0..255, for networks that take them otherwise. */
  shown: 'shown',
  /** float32 `[images, classes]` */
  targets: 'targets',
} as const;

/** Pixels and labels as they come in, to what all passes see: augmented once, so it is the same for all of them. */
export function batchFragment(model: Model, classes: number, options: BatchFragmentOptions): Fragment {
  const { source, augmentations, labelSmoothing, mixing } = options;
  const { height, width, channels = 3, kind = 'array' } = source;
  const features = kind === 'features';
  const f = new Fragment();
  f.input(BATCH.pixels, features ? 'float32' : 'uint8', [-1, height, width, channels]);
  f.input(BATCH.labels, 'int32', [-1]);
  f.input(BATCH.seed, 'int64', [2]);
  f.input(BATCH.first, 'int32', []);
  f.input(BATCH.mixing, 'float32', []);
  const hard = smoothTargets(f, BATCH.labels, { classes, smoothing: labelSmoothing });
  if (features) {
    f.identity(BATCH.pixels, BATCH.images);
    f.identity(hard, BATCH.targets);
    return f;
  }
  const augmented = augment(f, BATCH.pixels, {
    height,
    width,
    size: model.imageSize,
    augmentations,
    decoded: kind === 'encoded',
    seed: BATCH.seed,
    first: BATCH.first,
  });
  const mixed = mixing
    ? mix(
        f,
        { images: augmented, targets: hard },
        { ...mixing, size: model.imageSize, seed: BATCH.seed, first: BATCH.first, on: BATCH.mixing },
      )
    : { images: augmented, targets: hard };
  f.identity(mixed.images, BATCH.shown);
  f.identity(normalizePixels(f, mixed.images, model.preprocessing), BATCH.images);
  f.identity(mixed.targets, BATCH.targets);
  return f;
}

/** What one sub-batch takes of a run's images. */
export interface Slice {
  images: Output;
  targets: Output;
  teacher?: Output;
  seed: Output;
  /** The first images and targets of it, for the ascent. */
  ascent: { images: Output; targets: Output; teacher?: Output };
}

/**
 * Cuts the images of a run into sub-batches, each with a seed of its own: masks are drawn by the place of the
 * sub-batch in its update, however the update is divided into runs.
 *
 * @param options.ascent images of a sub-batch that the ascent takes; undefined: all
 * @returns the fragment, with the parameters `images`, `targets`, `teacher`, `seed`, `first`, and its nodes by sub-batch
 */
export function slicesFragment({
  subBatch,
  replicas,
  ascent,
  teacher,
}: {
  subBatch: number;
  replicas: number;
  ascent?: number;
  teacher: boolean;
}): { fragment: Fragment; slices: Slice[] } {
  const f = new Fragment();
  const int = attr.type('int32');
  f.input('seed', 'int64', [2]);
  f.input('first', 'int32', []);
  const rows = (source: Output, from: number, count: number): Output =>
    f.op('StridedSlice', [source, f.ints(from), f.ints(from + count), f.ints(1)], {
      T: attr.type('float32'),
      Index: int,
    });
  const sources = { images: f.input('images'), targets: f.input('targets') };
  const taught = teacher ? f.input('teacher') : undefined;
  const cut = (from: number, count: number) => ({
    images: rows(sources.images, from, count),
    targets: rows(sources.targets, from, count),
    ...(taught && { teacher: rows(taught, from, count) }),
  });
  const whole = { ...sources, ...(taught && { teacher: taught }) };
  const slices = Array.from({ length: replicas }, (_, i): Slice => {
    const all = replicas === 1 ? whole : cut(i * subBatch, subBatch);
    const part = ascent === undefined || ascent === subBatch ? all : cut(i * subBatch, ascent);
    return { ...all, seed: subBatch === 0 ? 'seed' : seedOf(f, subBatch, i), ascent: part };
  });
  return { fragment: f, slices };
}

/** Bits of the seed's second word that the update and the draws of a layer leave free: see `uniformOf`. */
const SUB_BATCH = 1n << 48n;

function seedOf(f: Fragment, subBatch: number, index: number): Output {
  const before = f.math('FloorDiv', ['first', f.constant(Int32Array.of(subBatch), [])], 'int32');
  const place = f.math('AddV2', [before, f.constant(Int32Array.of(index), [])], 'int32');
  const wide = f.math(
    'Mul',
    [f.cast(place, 'int32', 'int64'), f.constant(BigInt64Array.of(SUB_BATCH), [])],
    'int64',
  );
  const own = f.op('Pack', [f.constant(BigInt64Array.of(0n), []), wide], {
    T: attr.type('int64'),
    N: attr.int(2),
    axis: attr.int(0),
  });
  return f.math('AddV2', ['seed', own], 'int64');
}

/** Images in 0..255 as another network takes them. */
export function shownAs({ imageSize, preprocessing }: Model, size: number): Fragment {
  const f = new Fragment();
  const shown = f.input('shown', 'float32', [-1, size, size, 3]);
  const resized = imageSize === size ? shown : resizeImages(f, shown, imageSize);
  f.identity(normalizePixels(f, resized, preprocessing), 'images');
  return f;
}
