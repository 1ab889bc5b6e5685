import type { Task } from '../data/dataset.js';
import { imagesOf, type Split } from '../data/images-of.js';
import { drawImages } from '../sheet/index.js';
import type { Outcomes } from './outcomes.js';

export interface MistakeSheetOptions {
  /** Stands above. */
  title: string;
  /** Which images the outcomes are of. @default 'test' */
  split?: Split;
  /** Mistakes that are shown at most. @default 30 */
  most?: number;
}

const COLUMNS = 6;
const SIDE = 168;
/** What was said, and what is true. */
const COLORS = ['#ffab9b', '#9be0ae'] as const;

/** Positions among the outcomes of those that are wrong, the most confident first. */
export function worstMistakes({ labels, predicted, confidence }: Outcomes): number[] {
  return [...labels.keys()]
    .filter((i) => labels[i] !== predicted[i])
    .sort((a, b) => confidence[b]! - confidence[a]! || a - b);
}

/**
 * Draws the worst mistakes on a task's images: what each was taken for, how surely, and what it is.
 *
 * @returns a PNG; with nothing but its title where there are no mistakes
 */
export function drawMistakes(
  task: Task,
  outcomes: Outcomes,
  { title, split = 'test', most = 30 }: MistakeSheetOptions,
): Promise<Buffer> {
  const { classes } = task;
  const dataset = imagesOf(task, split);
  const mistakes = worstMistakes(outcomes);
  const shown = mistakes.slice(0, most);
  const images = outcomes.labels.length;
  const which = shown.length < mistakes.length ? `The ${shown.length} worst of ` : '';
  const subtitle =
    mistakes.length === 0
      ? `No mistake on ${images} images`
      : `${which}${mistakes.length} mistakes on ${images} images, the most confident first`;
  const cells = shown.map((i) => {
    const row = outcomes.rows[i]!;
    const { source } = dataset;
    const name = source.kind === 'encoded' ? source.images.nameOf(row) : `image ${row}`;
    return {
      ...{ dataset, row },
      caption: `said ${classes[outcomes.predicted[i]!]}, ${(100 * outcomes.confidence[i]!).toFixed(1)} %`,
      note: `is ${classes[outcomes.labels[i]!]}`,
      detail: name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1),
    };
  });
  return drawImages(cells, { title, subtitle, columns: COLUMNS, side: SIDE, lines: 3, colors: COLORS });
}
