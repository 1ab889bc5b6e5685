import { imagenetAliases } from '../../../models/labels/index.js';

/** A new class that the old classifier already knew. */
export interface MatchedClass {
  /** Its label among the new ones, and its index there. */
  label: string;
  index: number;
  /** The same class among the old labels, and its index there. */
  oldLabel: string;
  oldIndex: number;
}

export interface MatchOptions {
  /**
   * Other names of a class, to its label. Both sides are looked up, so a folder `n01440764` meets the label `tench`,
   * and a folder `tench` the label `n01440764`. @default those of ImageNet-1k
   */
  aliases?: ReadonlyMap<string, string>;
}

/** Spelled alike: without case, with spaces for underscores and hyphens. */
const spelling = (label: string): string =>
  label
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');

/**
 * Finds new labels among old ones: first those that are equal to the letter, then those that are spelled alike (without
 * case; `_`, `-` and spaces are one), then those that are another name of the same class. A name that could be two of
 * the old classes is none of them, and an old class is matched once.
 *
 * @returns one entry a class that was found, in the order of the new labels
 */
export function matchClasses(
  oldLabels: readonly string[],
  newLabels: readonly string[],
  { aliases = imagenetAliases() }: MatchOptions = {},
): MatchedClass[] {
  const known = unambiguous([...aliases].map(([name, label]) => [spelling(name), spelling(label)]));
  const views: ((label: string) => string)[] = [
    (label) => label,
    spelling,
    (label) => known.get(spelling(label)) ?? spelling(label),
  ];
  const found = new Map<number, number>();
  const used = new Set<number>();
  for (const view of views) {
    const indices = unambiguous(oldLabels.map((label, index) => [view(label), index]));
    newLabels.forEach((label, index) => {
      const oldIndex = indices.get(view(label));
      if (oldIndex === undefined || found.has(index) || used.has(oldIndex)) return;
      found.set(index, oldIndex);
      used.add(oldIndex);
    });
  }
  return [...found]
    .map(([index, oldIndex]) => ({
      label: newLabels[index]!,
      index,
      oldLabel: oldLabels[oldIndex]!,
      oldIndex,
    }))
    .sort((a, b) => a.index - b.index);
}

/** Entries by key, without the keys that have more than one value. */
function unambiguous<V>(entries: readonly (readonly [string, V])[]): Map<string, V> {
  const map = new Map<string, V>();
  const several = new Set<string>();
  for (const [key, value] of entries) {
    if (map.has(key) && map.get(key) !== value) several.add(key);
    map.set(key, value);
  }
  for (const key of several) map.delete(key);
  return map;
}
