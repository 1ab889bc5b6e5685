import type { NamedRow } from '../../named.js';
import type { Random } from '../random.js';
import { confusedWith } from './pairs.js';

/** A kind of label noise: one row of {@link LABEL_NOISES}. */
export interface LabelNoise extends NamedRow {
  /**
   * How an image that is hit gets its label.
   *
   * @param classes names of the classes
   * @returns a function from the true label to the new one, which may be the same; it draws equally often for each image
   */
  redraw(classes: readonly string[]): (label: number, random: Random) => number;
}

const SHARE = { name: 'share', default: 0.4, maximum: 1 };

/** Kinds of label noise by name. */
export const LABEL_NOISES = {
  /**
   * Each image with probability `share` gets a label drawn uniformly from all classes, the true one among them: of 10
   * classes at 0.4, 36 % of the labels are wrong. So it is in the work that the SAM paper follows (arXiv 2010.01412,
   * section 3.3; 1911.09781 and 1712.05055, where the noise levels come from). Others draw from the wrong classes only.
   */
  symmetric: {
    title: 'labels drawn anew, uniformly from all classes, for that share of the images (arXiv 1712.05055)',
    parameters: [SHARE],
    redraw: (classes) => (_, random) => random.below(classes.length),
  },
  /**
   * Each image with probability `share` gets the label of the class that its own is taken for, where there is one: of
   * CIFAR-10's classes five, so that at 0.4 a fifth of all labels are wrong.
   */
  asymmetric: {
    title:
      'for that share of the images of a class, the label of one like it: pairs of CIFAR-10, superclasses of CIFAR-100, else the next class (arXiv 1609.03683)',
    parameters: [SHARE],
    redraw: (classes) => {
      const confused = confusedWith(classes);
      return (label) => confused[label]!;
    },
  },
} satisfies Record<string, LabelNoise>;

/** A name of {@link LABEL_NOISES}. */
export type LabelNoiseName = keyof typeof LABEL_NOISES;
