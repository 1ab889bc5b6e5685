import type { Task } from '../data/dataset.js';
import { whole } from './number-text.js';

/** Images of a class in the whole task, not only those looked at. */
export interface ClassCount {
  name: string;
  train: number;
  test: number;
}

/** Images of each class by split, in the order of the classes. */
export function countClasses({ classes, train, test }: Task): ClassCount[] {
  const counts = classes.map((name) => ({ name, train: 0, test: 0 }));
  for (const label of train.labels) counts[label]!.train++;
  for (const label of test.labels) counts[label]!.test++;
  return counts;
}

/** What may be wrong with classes. */
export interface ClassProblem {
  kind: 'few-images' | 'imbalance' | 'missing' | 'alike-names';
  /** In words, with the way out. */
  message: string;
  /** Names of the classes that it is about. */
  classes: string[];
}

/** Training images that a class has at least, else its accuracy is a matter of luck. */
const FEW = 10;
/** How many times as many images the largest class may have as the smallest. */
const IMBALANCE = 10;

/** What may be wrong with the classes of a task, what matters most first. */
export function classProblems(counts: readonly ClassCount[]): ClassProblem[] {
  const few = counts.filter(({ train }) => train > 0 && train < FEW);
  return [
    ...missingIn(counts, 'train'),
    ...missingIn(counts, 'test'),
    ...alikeNames(counts),
    ...imbalance(counts),
    ...(few.length === 0
      ? []
      : [
          {
            kind: 'few-images' as const,
            message: `${classesAre(few.length)} fewer than ${FEW} training images. Add some, or merge classes.`,
            classes: namesOf(few),
          },
        ]),
  ];
}

function missingIn(counts: readonly ClassCount[], split: 'train' | 'test'): ClassProblem[] {
  const missing = counts.filter((each) => each[split] === 0);
  if (missing.length === 0) return [];
  const what = split === 'train' ? 'training' : 'held-out';
  const [it, them, is] = missing.length === 1 ? ['it', 'it', 'is'] : ['they', 'them', 'are'];
  const effect =
    split === 'train'
      ? `${it === 'it' ? 'It' : 'They'} cannot be learned`
      : `Nothing measures how well ${it} ${is} learned`;
  return [
    {
      kind: 'missing',
      message: `${classesAre(missing.length)} no ${what} images. ${effect}: add some, or leave ${them} out.`,
      classes: namesOf(missing),
    },
  ];
}

function imbalance(counts: readonly ClassCount[]): ClassProblem[] {
  const present = counts.filter(({ train }) => train > 0);
  if (present.length === 0) return [];
  const largest = present.reduce((a, b) => (b.train > a.train ? b : a));
  const smallest = present.reduce((a, b) => (b.train < a.train ? b : a));
  const ratio = largest.train / smallest.train;
  if (ratio <= IMBALANCE) return [];
  return [
    {
      kind: 'imbalance',
      message: `The largest class has ${whole(Math.round(ratio))} times as many training images as the smallest. Consider --class-weights balanced.`,
      classes: namesOf([largest, smallest]),
    },
  ];
}

function alikeNames(counts: readonly ClassCount[]): ClassProblem[] {
  const groups = new Map<string, ClassCount[]>();
  for (const each of counts) {
    const key = folded(each.name);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => ({
      kind: 'alike-names' as const,
      message: 'Names differ only in case, spaces or accents. If they mean one class, merge them.',
      classes: namesOf(group),
    }));
}

/** A name without what people write in different ways: case, accents, spaces, hyphens and underscores. */
function folded(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
  // Between digits they make a difference: 1-1 is not 11. And a name of such signs alone is its own.
  return plain.replace(/(?<!\d)[\s_-]+|[\s_-]+(?!\d)/g, '') || name;
}

const namesOf = (counts: readonly ClassCount[]): string[] => counts.map(({ name }) => name);

const classesAre = (count: number): string => (count === 1 ? 'A class has' : `${whole(count)} classes have`);
