import type { Metadata } from 'sharp';

/** Kinds of images that a decoder makes something else of before training sees them; one image may be of several. */
export const TRAITS = ['grayscale', 'cmyk', 'sixteenBit', 'alpha', 'turned', 'animated'] as const;

/** Name of a kind of image. */
export type Trait = (typeof TRAITS)[number];

/** What each kind is, in words, and what becomes of it in training. */
export const TRAIT_TITLES: Readonly<Record<Trait, { title: string; becomes: string }>> = {
  grayscale: { title: 'grayscale', becomes: 'three equal channels' },
  cmyk: { title: 'CMYK', becomes: 'sRGB' },
  sixteenBit: { title: '16-bit', becomes: '8-bit' },
  alpha: { title: 'with an alpha channel', becomes: 'laid on white' },
  turned: { title: 'turned by EXIF', becomes: 'upright' },
  animated: { title: 'animated', becomes: 'the first frame' },
};

const TESTS: Readonly<Record<Trait, (header: Metadata) => boolean>> = {
  grayscale: ({ space }) => space === 'b-w' || space === 'grey16',
  cmyk: ({ space }) => space === 'cmyk',
  sixteenBit: ({ depth }) => depth !== 'uchar',
  alpha: ({ hasAlpha }) => hasAlpha === true,
  turned: ({ orientation = 1 }) => orientation > 1,
  animated: ({ pages = 1, format }) => pages > 1 && format !== 'tiff',
};

/** The kinds that an image is of by its header, a bit each in the order of {@link TRAITS}. */
export function traitsOf(header: Metadata): number {
  return TRAITS.reduce((bits, trait, i) => (TESTS[trait](header) ? bits | (1 << i) : bits), 0);
}

/** Images of each kind. */
export function countTraits(bits: Uint8Array): Record<Trait, number> {
  const counts = TRAITS.map((_, i) => bits.reduce((sum, each) => sum + ((each >> i) & 1), 0));
  return Object.fromEntries(TRAITS.map((trait, i) => [trait, counts[i]!])) as Record<Trait, number>;
}
