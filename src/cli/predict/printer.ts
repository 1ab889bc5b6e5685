import { csvLine, type FilePrediction } from '../../evaluate/index.js';
import { percent, print, printJson } from '../output.js';

/** Prints predictions as they come. */
export interface Printer {
  print(predictions: readonly FilePrediction[]): void;
  /** What can only be printed once all are known. */
  finish(): void;
}

const PERCENT_WIDTH = 8;

/** A few lines an image, for people. */
export const textPrinter = (): Printer => ({
  print: (predictions) => {
    if (predictions.length > 0) print(predictions.map(linesOf).join('\n'));
  },
  finish: () => {},
});

/** A line for each class of each image, the likeliest first, below a heading. */
export function csvPrinter(): Printer {
  print(csvLine(['file', 'rank', 'label', 'index', 'probability']));
  return {
    print(predictions) {
      const lines = predictions.flatMap(({ file, predictions: classes }) =>
        classes.map(({ label, index, probability }, i) => csvLine([file, i + 1, label, index, probability])),
      );
      if (lines.length > 0) print(lines.join('\n'));
    },
    finish: () => {},
  };
}

/** One document of all of them. */
export function jsonPrinter(): Printer {
  const all: FilePrediction[] = [];
  return {
    print: (predictions) => void all.push(...predictions),
    finish: () => printJson(all),
  };
}

function linesOf({ file, predictions }: FilePrediction): string {
  const classes = predictions.map(
    ({ label, probability }) => `  ${percent(probability).padStart(PERCENT_WIDTH)}  ${label}`,
  );
  return [file, ...classes].join('\n');
}
