import { extname } from 'node:path';
import type { Batch } from '../../data/batches.js';
import type { Dataset, Task } from '../../data/dataset.js';
import { invalid } from '../../errors.js';
import type { Tensor } from '../../tensorflow/index.js';
import { writeFileAside } from '../../weights/write-aside.js';
import { outcomeOf } from '../outcomes.js';
import { csvTable } from './csv.js';
import { jsonLinesTable } from './json-lines.js';
import { parquetTable } from './parquet.js';
import type { PredictionRow, TableFormat } from './row.js';

/** Formats of a table of predictions, by the ending of its file. */
export const TABLE_FORMATS: Readonly<Record<string, TableFormat>> = {
  '.parquet': parquetTable,
  '.csv': csvTable,
  '.jsonl': jsonLinesTable,
};

/**
 * The format of a table, by the ending of its file.
 *
 * @throws InputError for an ending that none has
 */
export function tableFormatOf(path: string): TableFormat {
  const ending = extname(path).toLowerCase();
  if (Object.hasOwn(TABLE_FORMATS, ending)) return TABLE_FORMATS[ending]!;
  const endings = Object.keys(TABLE_FORMATS).join(', ');
  throw invalid('the file of predictions', `a name that ends in one of ${endings}`, path);
}

/** Takes the logits of a batch of the images that are measured. */
export type OnLogits = (logits: Tensor<'float32'>, batch: Batch) => Promise<void>;

/**
 * Writes a row for each image that `run` brings the logits of, as they come. The file has its name once it is whole.
 *
 * @throws InputError for a name whose ending is of no format
 */
export async function writePredictions<T>(
  path: string,
  { classes, dataset: { source } }: Pick<Task, 'classes'> & { dataset: Dataset },
  run: (onLogits: OnLogits) => Promise<T>,
): Promise<T> {
  const format = tableFormatOf(path);
  const images = source.kind === 'encoded' ? source.images : undefined;
  let result: { value: T } | undefined;
  await writeFileAside(path, async (file) => {
    const table = await format(file, { paths: images !== undefined, classes: classes.length });
    const value = await run(({ data }, { labels, indices }) => {
      const rows = Array.from(indices, (index, i): PredictionRow => {
        const logits = data.subarray(i * classes.length, (i + 1) * classes.length);
        const label = labels.data[i]!;
        const { predicted, probability } = outcomeOf(logits, label);
        const path = images?.nameOf(index);
        return { index, path, label: classes[label]!, predicted: classes[predicted]!, probability, logits };
      });
      return table.write(rows);
    });
    await table.finish();
    result = { value };
  });
  return result!.value;
}
