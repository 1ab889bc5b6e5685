import type { Inspection } from './inspection.js';
import { whole } from './number-text.js';
import type { Spread } from './sizes.js';
import { TRAIT_TITLES, TRAITS } from './traits.js';

/** What the images of a task are, in words: for the terminal and for the page. */
export interface Description {
  /** Names and what belongs to each. */
  facts: Record<string, string>;
  /** What is to be kept in mind when reading it. */
  notes: string[];
}

/** Describes sizes, formats and kinds of images. */
export function describeImages(inspection: Inspection): Description {
  const { sizes, formats, colours, soughtNear } = inspection;
  const kinds = TRAITS.filter((trait) => colours[trait] > 0).map(
    (trait) =>
      `${whole(colours[trait])} ${TRAIT_TITLES[trait].title} (in training: ${TRAIT_TITLES[trait].becomes})`,
  );
  return {
    facts: {
      'looked at': lookedAt(inspection),
      ...(sizes && {
        width: spreadText(sizes.width, pixels),
        height: spreadText(sizes.height, pixels),
        'aspect ratio': spreadText(sizes.aspectRatio, (value) => value.toFixed(2)),
      }),
      formats:
        Object.entries(formats)
          .map(([name, count]) => `${whole(count)} ${name === 'webp' ? 'WebP' : name.toUpperCase()}`)
          .join(', ') || 'none: they come as arrays of pixels',
      kinds: kinds.join(', ') || 'colour, 8 bits a channel',
    },
    notes: soughtNear
      ? []
      : ['Copies are those of the same bytes: the images are too small to tell which look the same.'],
  };
}

function lookedAt({ images, inspected }: Inspection): string {
  const total = images.train + images.test;
  const looked = inspected.train + inspected.test;
  const rate = `${whole(Math.round(looked / inspected.seconds))} a second`;
  if (inspected.isWhole) return `all ${whole(total)} images, ${rate}`;
  return `${whole(looked)} of ${whole(total)} images, evenly spread, ${rate}; --sample ${total} looks at all`;
}

/** The middle and the ends, or the one value that all have. */
function spreadText({ min, median, max }: Spread, unit: (value: number) => string): string {
  if (min === max) return `${unit(min)}, all of them`;
  return `${unit(min)} to ${unit(max)}, median ${unit(median)}`;
}

const pixels = (value: number): string => `${whole(value)} px`;
