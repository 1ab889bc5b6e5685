import { existsSync } from 'node:fs';
import { InputError, invalid } from '../../errors.js';
import type { Task } from '../dataset.js';
import { hub } from './hub.js';
import { imageFolder } from './image-folder.js';
import type { Layout, LayoutOptions } from './layout.js';
import { manifest } from './manifest.js';
import { parquet } from './parquet.js';
import { type SplitOptions, taskOf } from './split.js';
import { tar } from './tar.js';

export type { Found, Layout, LayoutOptions } from './layout.js';
export { type SplitOptions, taskOf } from './split.js';

/** The layouts of people's own images; the first one that matches a place is taken. */
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  manifest,
  tar,
  hub,
  parquet,
  folder: imageFolder,
};

/** Whether something is a place rather than a name: a path that exists or looks like one, or a repository. */
export const isPlace = (text: string): boolean => existsSync(text) || /[/\\.:]/.test(text);

/**
 * The task of the images at a place.
 *
 * @throws InputError where no layout matches, and as the layouts throw
 */
export async function loadPlace(place: string, options: LayoutOptions & SplitOptions): Promise<Task> {
  const layout = Object.values(LAYOUTS).find((each) => each.matches(place));
  if (layout) return taskOf(await layout.load(place, options), options);
  const known = Object.values(LAYOUTS).map(({ argument, title }) => `${argument} (${title})`);
  if (existsSync(place))
    throw new InputError(`${place} is nothing that images are read from. There are: ${known.join(', ')}.`);
  throw invalid('--task', 'the name of a task or an existing folder', place, 'Check the path.');
}
