import { type Dir, existsSync, opendirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { SPLIT_NAMES } from './split-words.js';

/** Whether a name is that of a parquet file. */
export const isParquet = (name: string): boolean => /\.parquet$/i.test(name);

/** Entries of a folder that are looked at to see whether it holds parquet files: class folders may have many. */
const LOOK = 32;
/** Where parquet files do not lie in the folder itself. */
const DATA = 'data';

/** Whether parquet files lie in a folder, or up to two folders below it: a quick look. */
export function holdsParquet(folder: string, depth = 2): boolean {
  const most = depth === 2 ? Number.POSITIVE_INFINITY : LOOK;
  return someEntry(folder, most, (name, isFolder) =>
    isFolder ? depth > 0 && holdsParquet(join(folder, name), depth - 1) : isParquet(name),
  );
}

function someEntry(
  folder: string,
  most: number,
  matches: (name: string, isFolder: boolean) => boolean,
): boolean {
  let opened: Dir;
  try {
    opened = opendirSync(folder);
  } catch {
    return false;
  }
  try {
    for (let i = 0; i < most; i++) {
      const entry = opened.readSync();
      if (!entry) return false;
      if (!entry.name.startsWith('.') && matches(entry.name, entry.isDirectory())) return true;
    }
    return false;
  } finally {
    opened.closeSync();
  }
}

/** Parquet files in a folder and below it, as paths from there with `/`, sorted by code units; hidden ones are left out. */
export function parquetBelow(folder: string): string[] {
  const found: string[] = [];
  const enter = (below: string) => {
    for (const { name } of readdirSync(join(folder, below), { withFileTypes: true })) {
      if (name.startsWith('.')) continue;
      const path = below === '' ? name : `${below}/${name}`;
      // Files in the hub's cache are links.
      const entry = statSync(join(folder, path), { throwIfNoEntry: false });
      if (entry?.isDirectory()) enter(path);
      else if (entry?.isFile() && isParquet(name)) found.push(path);
    }
  };
  if (existsSync(folder)) enter('');
  return found.sort();
}

/** What the path of a parquet file tells: `CONFIG/train/0000.parquet`, `data/train-00000-of-00002.parquet`. */
interface Told {
  split: string;
  /** Of several sets in one place the one that it is of; empty where there is one only. */
  config: string;
}

function toldBy(path: string): Told {
  const folders = path.split('/');
  const name = folders.pop()!.toLowerCase();
  const splitNamed = (text: string) => SPLIT_NAMES.find((split) => split === text.replace(/^partial-/, ''));
  const shard = /^(.+?)-\d{4,}-of-\d{4,}/.exec(name)?.[1];
  const words = name.split(shard === undefined ? /[^a-z]+/ : '-');
  const folder = folders.map((each) => splitNamed(each.toLowerCase())).find((split) => split !== undefined);
  return {
    split: (shard && splitNamed(shard)) ?? words.map(splitNamed).find(Boolean) ?? folder ?? shard ?? 'all',
    config: folders.filter((each) => each !== DATA && !splitNamed(each.toLowerCase())).join('/'),
  };
}

/**
 * Parquet files by their split.
 *
 * @param paths from the place on, with `/`
 * @param place for messages
 * @param config which of several sets it should be. @default the only one, or `default`
 * @throws InputError where it cannot be told which of several sets is meant
 */
export function splitsOf(
  paths: readonly string[],
  place: string,
  { config, naming }: { config?: string; naming: (config: string) => string },
): Map<string, string[]> {
  const told = paths.map(toldBy);
  const configs = [...new Set(told.map((each) => each.config))].sort();
  const chosen =
    config ?? (configs.length === 1 ? configs[0] : ['', 'default'].find((name) => configs.includes(name)));
  if (chosen === undefined || !configs.includes(chosen)) {
    const ways = configs.map(naming).join(', ');
    throw new InputError(
      config === undefined
        ? `${place} holds several data sets: name one of ${ways}.`
        : `${place} holds no data set ${config}. There are: ${ways}.`,
    );
  }
  const splits = new Map<string, string[]>();
  for (const [i, { split, config }] of told.entries()) {
    if (config !== chosen) continue;
    const own = splits.get(split);
    if (own) own.push(paths[i]!);
    else splits.set(split, [paths[i]!]);
  }
  return splits;
}
