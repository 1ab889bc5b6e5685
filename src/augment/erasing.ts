import { arithmetic } from './arithmetic.js';
import type { AugmentationRow } from './augmentation.js';
import { boxMask, randomBoxes } from './boxes.js';
import { columnOf, STREAMS } from './draws.js';
import { GREY } from './operations/index.js';

/** A grey square around a random pixel, cut off at the border (arXiv 1708.04552). */
export const cutout: AugmentationRow = {
  title: 'covers a grey square, its side a share of the image (arXiv 1708.04552)',
  parameters: [{ name: 'side', default: 0.5, maximum: 1 }],
  at: 'result',
  apply(f, images, { parameters: [share = 0.5], size, draws }) {
    const side = Math.round(share * size);
    const { add, floor, multiply, select } = arithmetic(f);
    const drawn = draws.uniform(STREAMS.cutout, 2);
    const start = (column: number) =>
      add(floor(multiply(columnOf(f, drawn, column), size)), -Math.floor(side / 2));
    const [top, left] = [start(0), start(1)];
    const box = { top, left, bottom: add(top, side), right: add(left, side) };
    return select(boxMask(f, size, box), GREY, images);
  },
};

/**
 * With a probability, a box of random area, shape and place is covered by noise, a random value a pixel and channel
 * (arXiv 1708.04896); areas and shapes as in torchvision and timm. The images of an update are covered by parts of one
 * field of noise.
 */
export const randomErasing: AugmentationRow = {
  title: 'covers a random box by noise, with a probability (arXiv 1708.04896)',
  parameters: [{ name: 'probability', default: 0.25, maximum: 1 }],
  at: 'result',
  apply(f, images, { parameters: [probability = 0.25], size, draws }) {
    const { add, and, floor, less, multiply, select } = arithmetic(f);
    const box = randomBoxes(f, {
      height: size,
      width: size,
      scale: [0.02, 1 / 3],
      ratio: [0.3, 1 / 0.3],
      draws,
      stream: STREAMS.randomErasing,
    });
    const erased = less(columnOf(f, draws.uniform(STREAMS.erasingChance, 1), 0), probability);
    const within = boxMask(f, size, {
      top: box.top,
      left: box.left,
      bottom: add(box.top, box.height),
      right: add(box.left, box.width),
    });
    const noise = floor(multiply(draws.shared(STREAMS.erasingNoise, [size, size, 3]), 256));
    const chosen = f.reshape(and(erased, box.found), [-1, 1, 1, 1], 'bool');
    return select(and(within, chosen), noise, images);
  },
};
