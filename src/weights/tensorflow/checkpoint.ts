import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { withFile } from '../../bytes/byte-source.js';
import { InputError } from '../../errors.js';
import type { WeightMap } from '../../model/weights.js';
import { type Bundle, type BundleEntry, openBundle } from './bundle.js';
import { weightType } from './element-types.js';
import { variableNames } from './object-graph.js';
import { restore } from './restore.js';
import { isTable } from './table.js';
import { isTrainingState } from './training-state.js';

/** What a checkpoint holds. */
export interface CheckpointFile {
  /**
   * Under the variables' names: `stem_conv/kernel`. A checkpoint of TensorFlow 1 may hold a weight and its moving
   * average, `NAME/ExponentialMovingAverage`: both are here.
   */
  tensors: WeightMap;
  /** `notRead`: keys of the state of training, and of values of types that no weight has. */
  metadata: { notRead: string[] };
}

const INDEX = '.index';
const DATA = /\.data-\d{5}-of-\d{5}$/;
const KEY_END = '/.ATTRIBUTES/VARIABLE_VALUE';
/** Files named `checkpoint` hold a few lines. */
const LONGEST_LATEST = 1 << 20;

/** True for a checkpoint: its prefix, its index, one of its files of values, or a folder that holds one. */
export function isCheckpoint(path: string): boolean {
  const [prefix] = prefixes(path);
  if (prefix === undefined || !isFile(`${prefix}${INDEX}`)) return false;
  // Values beside it tell a checkpoint whose index is cut off.
  return withFile(`${prefix}${INDEX}`, isTable) || hasValues(prefix);
}

/**
 * Reads a checkpoint of TensorFlow 1 or 2, values through TensorFlow itself. What only training needs is left out.
 *
 * @param path its prefix, `PREFIX.index`, `PREFIX.data-00000-of-00001`, or a folder with one checkpoint, or with a
 * file `checkpoint` that names the latest
 * @throws InputError with the path for files that are missing, damaged, or do not fit each other
 */
export async function readCheckpoint(path: string): Promise<CheckpointFile> {
  const [prefix, ...others] = prefixes(path);
  if (prefix === undefined) {
    throw new InputError(`No checkpoint at ${path}. Name its prefix, its .index file, or a folder with one.`);
  }
  if (others.length > 0) {
    const names = [prefix, ...others].map((found) => basename(found)).join(', ');
    throw new InputError(`${path} holds several checkpoints: ${names}. Name one of them.`);
  }
  return readBundle(openBundle(prefix));
}

/** The weights of a checkpoint, under their variables' names. */
export async function readBundle(bundle: Bundle): Promise<CheckpointFile> {
  const notRead: string[] = [];
  const keys = keysByName(bundle, notRead);
  const values = await restore(
    bundle,
    [...keys.values()].map((key) => ({ key, slice: '' })),
  );
  return { tensors: new Map([...keys.keys()].map((name, i) => [name, values[i]!])), metadata: { notRead } };
}

/**
 * The key of each weight of a checkpoint, by its variable's name.
 *
 * @param notRead takes the keys of everything else
 */
export function keysByName(bundle: Bundle, notRead: string[] = []): Map<string, string> {
  const names = variableNames(bundle);
  const keys = new Map<string, string>();
  for (const [key, entry] of bundle.entries) {
    const own = key.endsWith(KEY_END) ? key.slice(0, -KEY_END.length) : key.replace(/:0$/, '');
    const name = names?.get(key) ?? own;
    if (weightType(entry.dtype) === undefined || isTrainingState(key, name, bundle)) {
      notRead.push(key);
      continue;
    }
    const first = keys.get(name);
    if (first === undefined) keys.set(name, key);
    // Keras 3 saves each variable twice; two variables of one name are told apart by their keys.
    else if (!isSame(bundle.entries.get(first)!, entry)) keys.set(own, key);
  }
  return keys;
}

function isSame(a: BundleEntry, b: BundleEntry): boolean {
  return a.dtype === b.dtype && a.crc === b.crc && a.size === b.size && a.shape.join() === b.shape.join();
}

/** Prefixes that a path may mean; several where a folder does not tell which. */
function prefixes(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return prefixesIn(path);
  const prefix = path.endsWith(INDEX) ? path.slice(0, -INDEX.length) : path.replace(DATA, '');
  return isFile(`${prefix}${INDEX}`) ? [prefix] : [];
}

function prefixesIn(folder: string): string[] {
  const latest = join(folder, 'checkpoint');
  const stat = statSync(latest, { throwIfNoEntry: false });
  if (stat?.isFile() && stat.size <= LONGEST_LATEST) {
    const [, name] = /^model_checkpoint_path:\s*"([^"]+)"/m.exec(readFileSync(latest, 'utf8')) ?? [];
    // A folder that was moved may name the place where it was.
    const places = name === undefined ? [] : [resolve(folder, name), join(folder, basename(name))];
    const prefix = places.find((place) => isFile(`${place}${INDEX}`));
    if (prefix !== undefined) return [prefix];
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith(INDEX))
    .sort()
    .map((name) => join(folder, name.slice(0, -INDEX.length)))
    .filter(hasValues);
}

function hasValues(prefix: string): boolean {
  const folder = resolve(prefix, '..');
  const start = `${basename(prefix)}.data-`;
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(start) && DATA.test(name));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
