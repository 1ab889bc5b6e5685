import type { AugmentationRow } from '../augmentation.js';
import { columnOf, STREAMS } from '../draws.js';
import { applyStep, type OperationName } from '../operations/index.js';
import { CIFAR, IMAGENET, type SubPolicy, SVHN } from './auto-augment-policies.js';
import { chooseStep, type Entry, indexOf } from './choice.js';
import { autoAugmentExtent, type Extent, magnitudeAt } from './magnitudes.js';

/** Magnitudes of the published policies go from 0 to this. */
const HIGHEST = 9;

/** One of 25 sub-policies an image: two operations, each with its probability (arXiv 1805.09501). */
const autoAugment = (policies: readonly SubPolicy[], learnedOn: string): AugmentationRow => ({
  title: `one of 25 pairs of operations an image, as learned on ${learnedOn} (arXiv 1805.09501)`,
  at: 'source',
  apply(f, images, { height, width, draws }) {
    const extent = autoAugmentExtent(height, width);
    const drawn = draws.uniform(STREAMS.autoAugment, 5);
    const policy = indexOf(f, columnOf(f, drawn, 0), policies.length);
    return [0, 1].reduce<string>((changed, slot) => {
      const entries = policies.map((pair) => entriesOf(pair, extent)[slot]!);
      const step = chooseStep(f, entries, policy, {
        done: columnOf(f, drawn, 1 + 2 * slot),
        sign: columnOf(f, drawn, 2 + 2 * slot),
      });
      return applyStep(f, changed, step, { height, width });
    }, images);
  },
});

function entriesOf(
  [first, often, strongly, second, oftenThen, stronglyThen]: SubPolicy,
  extent: Extent,
): Entry[] {
  const entry = (name: OperationName, probability: number, magnitude: number) => ({
    name,
    probability,
    magnitude: magnitudeAt(name, magnitude / HIGHEST, extent),
  });
  return [entry(first, often, strongly), entry(second, oftenThen, stronglyThen)];
}

/** For small photographs. */
export const autoAugmentCifar = autoAugment(CIFAR, 'CIFAR-10');
/** For house numbers: mirrors nothing, inverts often. */
export const autoAugmentSvhn = autoAugment(SVHN, 'SVHN');
/** For photographs. */
export const autoAugmentImagenet = autoAugment(IMAGENET, 'ImageNet');
