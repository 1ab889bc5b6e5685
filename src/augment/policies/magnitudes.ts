import type { OperationName } from '../operations/index.js';

/** How far a policy's operations go. */
export interface Extent {
  /** Pixels across a pixel down, and the reverse. */
  shear: number;
  /** Pixels. */
  translate: readonly [x: number, y: number];
  /** Degrees. */
  rotate: number;
  /** Change of an enhancement's factor from 1. */
  enhance: number;
  /** Bits taken from each value. */
  posterize: number;
}

/** Magnitudes that go both ways, at random. */
const SIGNED: ReadonlySet<OperationName> = new Set([
  'shear-x',
  'shear-y',
  'translate-x',
  'translate-y',
  'rotate',
  'brightness',
  'color',
  'contrast',
  'sharpness',
]);

/** Whether an operation's magnitude gets a random sign. */
export const isSigned = (name: OperationName): boolean => SIGNED.has(name);

/** AutoAugment's ranges (arXiv 1805.09501, table 6); translations are shares of the size, 150 of 331 pixels. */
export const autoAugmentExtent = (height: number, width: number): Extent => ({
  shear: 0.3,
  translate: [(150 / 331) * width, (150 / 331) * height],
  rotate: 30,
  enhance: 0.9,
  posterize: 4,
});

/** A factor stays above 0 however far a scale goes on. */
const LARGEST_DECREASE = 0.99;

/**
 * The magnitude of an operation at a share of its extent, before a random sign. Shares above 1 go on as before, where
 * that means anything.
 *
 * @param share 0 or more; 1 is the full extent
 */
export function magnitudeAt(name: OperationName, share: number, extent: Extent): number {
  switch (name) {
    case 'shear-x':
    case 'shear-y':
      return extent.shear * share;
    // Beyond its extent a translation leaves nothing to see.
    case 'translate-x':
      return Math.trunc(extent.translate[0] * Math.min(1, share));
    case 'translate-y':
      return Math.trunc(extent.translate[1] * Math.min(1, share));
    case 'rotate':
      return extent.rotate * share;
    case 'brightness':
    case 'color':
    case 'contrast':
    case 'sharpness':
      return extent.enhance * share;
    case 'posterize':
      return Math.max(1, 8 - Math.round(extent.posterize * share));
    case 'solarize':
      return Math.max(0, 255 * (1 - share));
    default:
      return 0;
  }
}

/** What a magnitude becomes where its random sign is negative. */
export function opposite(name: OperationName, magnitude: number): number {
  switch (name) {
    case 'brightness':
    case 'color':
    case 'contrast':
    case 'sharpness':
      return -Math.min(magnitude, LARGEST_DECREASE);
    default:
      return isSigned(name) ? -magnitude : magnitude;
  }
}
