import type { Round } from './rounds.js';

/** What a contestant did, round by round; or why it did nothing. */
export interface Result {
  title: string;
  /** Its libraries and their versions. */
  about?: string;
  rounds: readonly Round[];
  missing?: string;
}

/** The middle of some numbers; of an even number of them, between the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const rateOf = ({ images, seconds }: Round): number => images / seconds;

/** Images a second, the median of all rounds. */
export const rate = ({ rounds }: Result): number => median(rounds.map(rateOf));

/** Milliseconds of processor time an image, the median of all rounds: what a busy machine changes least. */
export const processorTime = ({ rounds }: Result): number =>
  median(rounds.map(({ images, processor }) => (1000 * processor) / images));

/**
 * How often as many images a second as another: the median over the rounds, since what slows down a machine for a while
 * slows down both.
 */
export const ratio = (one: Result, other: Result): number =>
  median(one.rounds.map((round, i) => rateOf(round) / rateOf(other.rounds[i]!)));

/** A column of {@link table}: images a second in proportion to those of one contestant. */
export interface Reference {
  title: string;
  result: Result;
}

/** The contestants of a figure, with their rates in proportion to some of them. */
export function table(results: readonly Result[], references: readonly Reference[]): string {
  const cells = results.map((result) =>
    result.missing !== undefined
      ? [result.title, 'missing', '', ...references.map(() => '')]
      : [
          result.title,
          rate(result).toFixed(rate(result) < 100 ? 1 : 0),
          `${processorTime(result).toFixed(2)} ms`,
          ...references.map(({ result: other }) => ratio(result, other).toFixed(2)),
        ],
  );
  const head = [
    '',
    'images a second',
    'processor time an image',
    ...references.map(({ title }) => `of ${title}`),
  ];
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...cells.map(line)].join('\n');
}
