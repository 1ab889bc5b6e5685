import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import type { Dataset } from '../data/dataset.js';
import { type Cell, drawSheet, type SheetOptions } from './sheet.js';
import { thumbnailOf } from './thumbnail.js';

/** A cell that shows an image of a data set. */
export interface ImageCell extends Omit<Cell, 'picture'> {
  dataset: Dataset;
  row: number;
}

/**
 * Draws images of data sets as a contact sheet.
 *
 * @returns a PNG
 */
export async function drawImages(cells: readonly ImageCell[], options: SheetOptions): Promise<Buffer> {
  const queue = new PQueue({ concurrency: availableParallelism() });
  const drawn = await queue.addAll(
    cells.map(({ dataset, row, ...cell }) => async () => ({
      ...cell,
      picture: await thumbnailOf(dataset, row, options.side),
    })),
  );
  return drawSheet(drawn, options);
}
