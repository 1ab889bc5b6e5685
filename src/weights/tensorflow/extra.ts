import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { type Description, parseDescription } from '../tfjs/metadata.js';

/** What a SavedModel of ours says about itself, in `assets.extra`, which TensorFlow passes over. */
export const EXTRA_FILE = 'sam-finetune.json';

/**
 * The description beside a SavedModel; undefined where another program wrote it.
 *
 * @throws InputError for one that is damaged, or of another number of classes
 */
export function readExtra(folder: string, classes: number | undefined): Description | undefined {
  const path = join(folder, 'assets.extra', EXTRA_FILE);
  if (!existsSync(path)) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError(`${path} is no JSON: ${(error as Error).message}. Export the model again.`);
  }
  return parseDescription(path, content as Record<string, unknown>, {
    ...(classes !== undefined && { classes }),
  });
}
