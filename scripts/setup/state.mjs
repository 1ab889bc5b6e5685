import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readJson, writeJson } from './files.mjs';

/** The folder of an installed package, as this package finds it, or undefined. */
export function packageFolder(root, name) {
  try {
    return dirname(createRequire(join(root, 'package.json')).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The folder of the package whose addon is built. */
export const addonPackage = (root) => packageFolder(root, '@tensorflow/tfjs-node-gpu');

// What was built and checked is remembered inside the addon's package: it is gone together with what it speaks of.
const stateFile = (root) => join(addonPackage(root) ?? root, 'sam-finetune.json');

/** What earlier runs built and checked: `{ engine?: key, addon?: { key, built, reason? } }`. */
export const readState = (root) => readJson(stateFile(root));

/** Remembers something besides what is known. A folder that cannot be written to means that it is checked again next time. */
export function updateState(root, change) {
  try {
    writeJson(stateFile(root), { ...readState(root), ...change });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  }
}
