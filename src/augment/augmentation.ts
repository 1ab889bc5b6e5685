import type { NamedRow } from '../named.js';
import type { Fragment, Output } from '../tensorflow/index.js';
import type { Draws } from './draws.js';

/** What an augmentation knows besides the images. */
export interface Context {
  /** The numbers behind its name, in the order of its row. */
  parameters: readonly number[];
  /** Size of the images that come in, in pixels. */
  height: number;
  width: number;
  /** Side of the images that go out, in pixels. */
  size: number;
  draws: Draws;
}

/**
 * The part of each image that becomes the result, in pixels from its upper left corner, float32 `[batch]` each. Where
 * `left` lies right of `right`, the result is mirrored.
 */
export interface View {
  top: Output;
  bottom: Output;
  left: Output;
  right: Output;
}

/** Changes colours, or places by interpolation, before the images get their final size. */
export interface SourceStage {
  at: 'source';
  /**
   * @param images float32 `[batch, height, width, 3]`, whole numbers in 0..255
   * @returns the same, changed
   */
  apply(f: Fragment, images: Output, context: Context): Output;
}

/** Says which part of an image is seen: all of these are done at once. */
export interface ViewStage {
  at: 'view';
  /** Whether it mirrors and moves by whole pixels only, so that pixels keep their values. */
  inWholePixels: boolean;
  view(f: Fragment, view: View, context: Context): View;
  /** Pixels of the images that may be seen beyond each of their ends, reflected. @default 0 */
  margin?(side: number): number;
}

/** Covers parts of the final images. */
export interface ResultStage {
  at: 'result';
  /** @param images float32 `[batch, size, size, 3]`, 0..255 */
  apply(f: Fragment, images: Output, context: Context): Output;
}

/** A row of the table of augmentations. */
export type AugmentationRow = NamedRow & (SourceStage | ViewStage | ResultStage);
