import type { RandomResizedCrop } from '../data/decode/index.js';
import { InputError } from '../errors.js';
import { resizeImages } from '../model/index.js';
import { type Named, parseNamed } from '../named.js';
import type { Fragment, Output } from '../tensorflow/index.js';
import type { AugmentationRow, Context, View } from './augmentation.js';
import { countOf, Draws } from './draws.js';
import { cropParameters } from './random-resized-crop.js';
import { gatherViews, type SamplingOptions, sampleViews, wholeView } from './sampling.js';
import { AUGMENTATIONS, type AugmentationName } from './table.js';

/** One of {@link AUGMENTATIONS} with its numbers: `rand-augment:2:9`. */
export type Augmentation = string;

/** What {@link augment} does. */
export interface AugmentOptions {
  /** Size of the images that come in, in pixels. */
  height: number;
  width: number;
  /** Side of the result in pixels. */
  size: number;
  augmentations: readonly Augmentation[];
  /** Whether the images come from files, whose decoder has done what it can: see {@link decoderCrop}. @default false */
  decoded?: boolean;
  /** int64 `[2]`: run seed and update */
  seed: Output;
  /** int32 scalar: place of the first image within its update. @default 0 */
  first?: Output;
}

/**
 * Reads augmentations with their numbers.
 *
 * @throws InputError for unknown names, wrong numbers, and a name that is there twice
 */
export function parseAugmentations(augmentations: readonly Augmentation[]): Named<AugmentationName>[] {
  const parsed = augmentations.map((text) => parseNamed<AugmentationName>(text, AUGMENTATIONS, '--augment'));
  const names = parsed.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new InputError(`--augment names ${twice} twice. Leave one of them out.`);
  return parsed;
}

/** How the decoder of files is to cut them, where an augmentation says so; `augment` then leaves it out. */
export function decoderCrop(augmentations: readonly Augmentation[]): Required<RandomResizedCrop> | undefined {
  const found = parseAugmentations(augmentations).find(({ name }) => name === 'random-resized-crop');
  return found && cropParameters(found.parameters);
}

/**
 * Adds augmentation to a fragment. An image's numbers depend on run seed, update, and its place in the update alone.
 * Colours and policies come first, at the images' own size, in the order of their names; then flips, crop and resize;
 * then what covers a part.
 *
 * @param images uint8 `[batch, height, width, 3]`
 * @returns float32 `[batch, size, size, 3]`, values in 0..255
 * @throws InputError for augmentations that are not known, or there twice
 */
export function augment(f: Fragment, images: Output, options: AugmentOptions): Output {
  const { height, width, size, augmentations, decoded = false, seed, first } = options;
  const rows = parseAugmentations(augmentations)
    .filter(({ name }) => !(decoded && name === 'random-resized-crop'))
    .map(({ name, parameters }) => ({ parameters, row: AUGMENTATIONS[name] as AugmentationRow }));
  const count = countOf(f, images, 'uint8');
  const draws = new Draws(f, { seed, first, count });
  const stages = <S extends AugmentationRow['at']>(at: S) =>
    rows.flatMap(({ row, parameters }) => {
      const context: Context = { parameters, height, width, size, draws };
      return row.at === at ? [{ row: row as Extract<AugmentationRow, { at: S }>, context }] : [];
    });

  const source = stages('source').reduce(
    (changed, { row, context }) => row.apply(f, changed, context),
    stages('source').length > 0 ? f.cast(images, 'uint8', 'float32') : images,
  );
  const dtype = source === images ? 'uint8' : 'float32';
  const views = stages('view');
  const exact = views.every(({ row }) => row.inWholePixels);
  const seen = views.length === 0 ? source : exact ? gatherViews(f, source, ...viewed()) : undefined;
  const sampled = seen === undefined ? sampleViews(f, source, ...viewed()) : resized(seen);
  return stages('result').reduce((covered, { row, context }) => row.apply(f, covered, context), sampled);

  function resized(whole: Output): Output {
    const float = dtype === 'uint8' ? f.cast(whole, 'uint8', 'float32') : whole;
    return height === size && width === size ? float : resizeImages(f, float, size);
  }

  function viewed(): [View, SamplingOptions] {
    const margin = (side: number) => Math.max(...views.map(({ row }) => row.margin?.(side) ?? 0));
    const sampling = { dtype, height, width, size, count, margin: [margin(height), margin(width)] } as const;
    const whole = wholeView(f, sampling);
    return [views.reduce<View>((view, { row, context }) => row.view(f, view, context), whole), sampling];
  }
}
