/** Words that splits are called by, the likeliest of each first, and what they are called here. */
const SPLIT_WORDS: Readonly<Record<string, 'train' | 'val' | 'test'>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  dev: 'val',
  eval: 'val',
  test: 'test',
  testing: 'test',
};

/** All of them. */
export const SPLIT_NAMES: readonly string[] = Object.keys(SPLIT_WORDS);
/** Names that the training split goes by; the first one found is taken. */
export const TRAINING_NAMES: readonly string[] = SPLIT_NAMES.filter((word) => SPLIT_WORDS[word] === 'train');
/** Names that the held-out split goes by, those of validation before those of a test; the first one found is taken. */
export const HELD_OUT_NAMES: readonly string[] = SPLIT_NAMES.filter((word) => SPLIT_WORDS[word] !== 'train');

/** The split that a word names, whatever its capitals: `train`, `val` or `test`; undefined where it names none. */
export function splitNamed(word: string): string | undefined {
  const lower = word.toLowerCase();
  return Object.hasOwn(SPLIT_WORDS, lower) ? SPLIT_WORDS[lower] : undefined;
}

/** The split that a file's name begins with: `train-00000-of-00002.parquet`, `imagenet-val-000.tar`. */
export function splitOfFile(name: string): string | undefined {
  for (const word of name.toLowerCase().split(/[^a-z]+/)) {
    const split = splitNamed(word);
    if (split) return split;
  }
  return undefined;
}

/** The splits that are used of those that there are, by what they are called there. */
export function usedSplits(names: readonly string[]): { training?: string; heldOut?: string } {
  const training = TRAINING_NAMES.find((each) => names.includes(each));
  const heldOut = HELD_OUT_NAMES.find((each) => names.includes(each));
  return { ...(training !== undefined && { training }), ...(heldOut !== undefined && { heldOut }) };
}
