import { IMAGENET_1K } from './imagenet-1k.js';

/** One class of ImageNet-1k. */
export interface ImagenetClass {
  /** WordNet's identifier of the synset, for example `n01440764`. */
  wnid: string;
  /** Its name, unlike every other class's: `tench`. */
  label: string;
  /** The synset's other lemmas: `Tinca tinca`. Two classes may share one. */
  synonyms: readonly string[];
}

let classes: readonly ImagenetClass[] | undefined;

/** The 1,000 classes in the order of the logits of a network that was trained on ImageNet. */
export function imagenetClasses(): readonly ImagenetClass[] {
  classes ??= IMAGENET_1K.trimEnd()
    .split('\n')
    .map((line) => {
      const [, wnid, names] = /^(n\d{8}) (.+)$/.exec(line)!;
      const [label, ...synonyms] = names!.split(', ');
      return { wnid: wnid!, label: label!, synonyms };
    });
  return classes;
}

/** The names of ImageNet's 1,000 classes in the order of their indices: `tench`, `goldfish`, ... */
export const imagenetLabels = (): string[] => imagenetClasses().map(({ label }) => label);

/**
 * Other names of ImageNet's classes, to their labels: the WordNet identifier (`n01440764` -> `tench`), and those
 * synonyms (`Tinca tinca` -> `tench`) that belong to one class only.
 */
export function imagenetAliases(): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  const taken = new Set(imagenetLabels());
  for (const { label, synonyms } of imagenetClasses()) {
    for (const synonym of synonyms) {
      if (taken.has(synonym)) aliases.delete(synonym);
      else aliases.set(synonym, label);
      taken.add(synonym);
    }
  }
  for (const { wnid, label } of imagenetClasses()) aliases.set(wnid, label);
  return aliases;
}
