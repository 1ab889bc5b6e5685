import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readJson } from './files.mjs';

// The same rules as in src/tensorflow/locate.ts, which finds at run time what is provided here.

/** File names of TensorFlow's two libraries. */
export function libraryNames(platform = process.platform) {
  const suffix = platform === 'darwin' ? '2.dylib' : 'so.2';
  return { cc: `libtensorflow_cc.${suffix}`, framework: `libtensorflow_framework.${suffix}` };
}

/** Whether a folder holds both libraries. */
export const hasLibraries = (directory) =>
  Object.values(libraryNames()).every((name) => existsSync(join(directory, name)));

/** Whether a folder was unpacked by set-up, to its end. */
export const isUnpacked = (directory) => hasLibraries(directory) && existsSync(join(directory, 'build.json'));

/** The folder with the libraries: the given one, or its `tensorflow` (for a site-packages folder). */
export const librariesIn = (folder) => [folder, join(folder, 'tensorflow')].find(hasLibraries);

/** Whether CUDA packages lie beside a site-packages/tensorflow folder, where its libraries look for them. */
export const hasCuda = (directory) => existsSync(join(directory, '..', 'nvidia', 'cudnn'));

/** The version of the TensorFlow in a folder, as far as its files tell. */
export function versionOf(directory) {
  const { version } = readJson(join(directory, 'build.json'));
  if (version) return version;
  if (basename(directory) !== 'tensorflow') return undefined;
  for (const name of readdirSync(dirname(directory))) {
    const found = /^tensorflow(?:_cpu|_gpu|_macos|_intel|_cpu_aws)?-(\d[^-]*)\.dist-info$/.exec(name)?.[1];
    if (found) return found;
  }
  return undefined;
}

/** Changes when the library in a folder does. */
export function fingerprint(directory) {
  const { size, mtimeMs } = statSync(join(directory, libraryNames().cc));
  return `${directory} ${size} ${Math.round(mtimeMs)}`;
}
