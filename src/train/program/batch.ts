import { type Augmentation, augment } from '../augment/index.js';
import { type Forward, type Model, normalizePixels } from '../model/index.js';
import { Fragment } from '../tensorflow/index.js';
import { smoothTargets } from './loss.js';

export interface BatchFragmentOptions {
  /** Size of the images in a batch, before they are enlarged. */
  source: { height: number; width: number };
  augmentations: readonly Augmentation[];
  labelSmoothing: number;
}

/** Pixels and labels as they come in, to what both passes see: augmented once, so it is the same for both. */
export function batchFragment(model: Model, { classes }: Forward, options: BatchFragmentOptions): Fragment {
  const { source, augmentations, labelSmoothing } = options;
  const f = new Fragment();
  f.input('pixels', 'uint8', [-1, source.height, source.width, 3]);
  f.input('labels', 'int32', [-1]);
  f.input('seed', 'int64', [2]);
  const augmented = augment(f, 'pixels', { ...source, size: model.imageSize, augmentations, seed: 'seed' });
  f.identity(normalizePixels(f, augmented, model.preprocessing), 'images');
  f.identity(smoothTargets(f, 'labels', { classes, smoothing: labelSmoothing }), 'targets');
  return f;
}
