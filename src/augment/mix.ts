import { attr, type Fragment, type Output } from '../tensorflow/index.js';
import { arithmetic } from './arithmetic.js';
import { boxMask } from './boxes.js';
import { columnOf, countOf, Draws, STREAMS } from './draws.js';

/** How {@link mix} mixes. */
export interface MixOptions {
  /** Shares are from Beta(mixup, mixup), arXiv 1710.09412; 0: no mixup. */
  mixup: number;
  /** A box of an area from Beta(cutmix, cutmix) is pasted, arXiv 1905.04899; 0: no CutMix. */
  cutmix: number;
  /** One share and box for the batch, or one an image. */
  mixMode: 'batch' | 'image';
  /** How often it is CutMix where both are on, 0 to 1. */
  mixSwitch: number;
  /** How often images are mixed at all, 0 to 1. */
  mixProbability: number;
  /** Side of the images in pixels. */
  size: number;
  /** int64 `[2]`: run seed and update */
  seed: Output;
  /** int32 scalar: place of the first image within its update. @default 0 */
  first?: Output;
  /** float32 scalar: 1, or 0 to leave all as it is. */
  on: Output;
}

/** Images with what they are to be recognised as. */
export interface Mixable {
  /** float32 `[batch, size, size, 3]`, before or after normalisation: the mean of two is the same either way */
  images: Output;
  /** float32 `[batch, classes]` */
  targets: Output;
}

/**
 * Mixes each image with the one before it in its batch, the first with the last, and their targets by the share that each
 * has of the pixels. Partners are of the same batch, so this alone depends on how an update is divided.
 */
export function mix(f: Fragment, { images, targets }: Mixable, options: MixOptions): Mixable {
  const { mixup, cutmix, mixMode, seed, first } = options;
  if (mixup === 0 && cutmix === 0) return { images, targets };
  const { add, multiply, perImage, subtract } = arithmetic(f);
  const count = mixMode === 'image' ? countOf(f, images, 'float32') : f.constant(Int32Array.of(1), []);
  const shares = sharesOf(f, new Draws(f, { seed, first, count }), options);
  const blended = (values: Output, own: Output) => {
    const others = f.op('Roll', [values, f.ints(1), f.ints(0)], {
      T: attr.type('float32'),
      Tshift: attr.type('int32'),
      Taxis: attr.type('int32'),
    });
    return add(multiply(values, own), multiply(others, subtract(1, own)));
  };
  return {
    images: blended(images, shares.pixels),
    targets: blended(targets, perImage(shares.targets, 2)),
  };
}

interface Shares {
  /** What each pixel keeps of its own image, `[n, 1, 1, 1]` or `[n, size, size, 1]`. */
  pixels: Output;
  /** What each image keeps of its own target, `[n]`. */
  targets: Output;
}

function sharesOf(f: Fragment, draws: Draws, options: MixOptions): Shares {
  const { mixup, cutmix, mixSwitch, mixProbability, on } = options;
  const { less, multiply, perImage, select } = arithmetic(f);
  const drawn = draws.uniform(STREAMS.mix, 5);
  const [chance, which, coin, y, x] = [0, 1, 2, 3, 4].map((index) => columnOf(f, drawn, index));
  const isMixed = less(chance!, multiply(on, mixProbability));
  const kept = (shares: Shares): Shares => ({
    pixels: select(perImage4(f, isMixed), shares.pixels, 1),
    targets: select(isMixed, shares.targets, 1),
  });
  const whole = (): Shares => {
    const share = betaOf(f, draws, { stream: STREAMS.mixup, alpha: mixup, coin: coin! });
    return { pixels: perImage(share), targets: share };
  };
  const boxed = (): Shares => {
    const share = betaOf(f, draws, { stream: STREAMS.cutmix, alpha: cutmix, coin: coin! });
    return boxShares(f, options.size, { share, y: y!, x: x! });
  };
  if (cutmix === 0) return kept(whole());
  if (mixup === 0) return kept(boxed());
  const isBox = less(which!, mixSwitch);
  const [one, other] = [boxed(), whole()];
  return kept({
    pixels: select(perImage4(f, isBox), one.pixels, other.pixels),
    targets: select(isBox, one.targets, other.targets),
  });
}

const perImage4 = (f: Fragment, condition: Output) => f.reshape(condition, [-1, 1, 1, 1], 'bool');

/**
 * Draws from Beta(alpha, alpha): x / (x + y) of two gammas.
 *
 * @param coin decides where both are too small for float32, as they often are for small alpha
 */
function betaOf(
  f: Fragment,
  draws: Draws,
  { stream, alpha, coin }: { stream: number; alpha: number; coin: Output },
): Output {
  const { add, divide, less, select } = arithmetic(f);
  const gammas = draws.gamma(stream, 2, alpha);
  const [x, y] = [columnOf(f, gammas, 0), columnOf(f, gammas, 1)];
  const sum = add(x, y);
  const tossed = select(less(coin, 0.5), 0, 1);
  return select(less(0, sum), divide(x, select(less(0, sum), sum, 1)), tossed);
}

/** A box of the area 1 - share around a random pixel, cut off at the border; the share is then that of what is left. */
function boxShares(
  f: Fragment,
  size: number,
  { share, y, x }: { share: Output; y: Output; x: Output },
): Shares {
  const { add, divide, floor, maximum, minimum, multiply, select, squareRoot, subtract } = arithmetic(f);
  const side = floor(multiply(squareRoot(subtract(1, share)), size));
  const ends = (draw: Output): [Output, Output] => {
    const start = subtract(floor(multiply(draw, size)), floor(multiply(side, 0.5)));
    return [maximum(start, 0), minimum(add(start, side), size)];
  };
  const [[top, bottom], [left, right]] = [ends(y), ends(x)];
  const area = multiply(subtract(bottom, top), subtract(right, left));
  return {
    pixels: select(boxMask(f, size, { top, bottom, left, right }), 0, 1),
    targets: subtract(1, divide(area, size * size)),
  };
}
