import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { LabelledFiles } from './labelled-files.js';

/**
 * The images in the folders of known classes, each class's in a folder under its name; others are left alone.
 *
 * @param names of the folders, in the order of the classes
 * @throws InputError for folders that are missing, or without images
 */
export function readClassFolders(folder: string, names: readonly string[]): Dataset {
  const missing = names.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) {
    throw new InputError(
      `${folder} lacks ${missing.length} of ${names.length} class folders: ${missing.slice(0, 5).join(', ')}` +
        `${missing.length > 5 ? ', ...' : ''}. Get them again; a part of the classes is a task of its own: name their folder as the task.`,
    );
  }
  const files = new LabelledFiles();
  for (const [label, name] of names.entries()) {
    if (files.addAll(join(folder, name), label) === 0)
      throw new InputError(`The class folder ${join(folder, name)} has no images. Get them again.`);
  }
  return files.dataset();
}
