import { existsSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { checkEngine, engineKey } from './engine.mjs';
import { SetupError } from './failure.mjs';
import { cacheDirectory, readJson, writeJson } from './files.mjs';
import { hasLibraries, librariesIn } from './layout.mjs';
import { say } from './report.mjs';
import { currentFile, fromCache, fromDownload, fromEnvironment, fromPython } from './sources.mjs';
import { readState, updateState } from './state.mjs';
import { isTried, TRIED_VERSIONS } from './wheels.mjs';

/**
 * The TensorFlow that an earlier run recorded, if it still is what is asked for: its files are there, and it is what
 * `SAM_FINETUNE_TENSORFLOW` names, where that is set.
 */
export function recordedTensorFlow({ gpu }) {
  const current = readJson(currentFile());
  if (!current.directory || !hasLibraries(current.directory) || (gpu && !current.gpu)) return undefined;
  const named = process.env.SAM_FINETUNE_TENSORFLOW;
  if (!named) return current;
  const path = resolve(named);
  if (!existsSync(path)) return undefined;
  const sameWheel = current.wheel === path && statSync(path).mtimeMs < statSync(currentFile()).mtimeMs;
  return sameWheel || librariesIn(path) === current.directory ? current : undefined;
}

/** Whether the recorded TensorFlow was seen to work, with this Node and this koffi. */
export const isChecked = (root, location) => readState(root).engine === engineKey(root, location.directory);

/** The places to look, in order. Each is a function of the options that gives a location or undefined. */
export function sources({ fresh = false } = {}) {
  if (process.env.SAM_FINETUNE_TENSORFLOW) return [fromEnvironment];
  return [...(fresh ? [] : [recordedTensorFlow]), fromCache, fromPython, fromDownload];
}

/** Finds or fetches TensorFlow, has it compute something, and records it. */
export async function provideTensorFlow(root, { gpu = false, fresh = false } = {}) {
  for (const source of sources({ fresh })) {
    const found = await source({ gpu });
    if (found && (await accept(root, found))) return readJson(currentFile());
  }
  throw new Error('no source gave TensorFlow');
}

/** Checks a TensorFlow and records it. One of a Python that does not work is passed over; any other is an error. */
async function accept(root, found) {
  const key = engineKey(root, found.directory);
  const checked = readState(root).engine === key && found.version !== undefined;
  const { version = found.version, problem } = checked ? {} : await checkEngine(root, found.directory);
  if (problem && found.source === 'python') {
    say(`TensorFlow in ${found.directory} is not used: it could not compute.\n${problem}`);
    return false;
  }
  if (problem)
    throw new SetupError(
      `TensorFlow in '${found.directory}' could not be loaded and used:\n${problem}\n` +
        wayOut(found.directory),
    );
  if (!isTried(version))
    say(
      `TensorFlow ${version} was never tried with this project (tried: ${TRIED_VERSIONS}). It computes; going on.`,
    );
  writeJson(currentFile(), { ...found, version });
  updateState(root, { engine: key });
  return true;
}

function wayOut(directory) {
  const own = directory.startsWith(cacheDirectory() + sep);
  const other = 'SAM_FINETUNE_TENSORFLOW may name another folder, or a TensorFlow wheel for this platform.';
  return own
    ? `Remove that folder and run set-up again to have it fetched anew. ${other}`
    : `Run set-up with --fresh to look for another one. ${other}`;
}
