import { parquetRead } from 'hyparquet';
import { InputError } from '../../errors.js';
import { CODECS } from './codecs.js';
import type { Column } from './columns.js';
import type { ParquetFile } from './file.js';

/** What stands for a label that is missing. */
export const NO_LABEL = -(2 ** 31);

/** Names that stand for classes, by the index that each was given when it was met. */
export type ClassNames = Map<string, number>;

/**
 * The labels of a file, once read from its start to its end.
 *
 * @param names of classes met before; those of this file are added
 * @returns `[rows]` integers as they are, texts by their index in `names`, and {@link NO_LABEL} where there is none
 */
export async function readLabels(
  file: ParquetFile,
  { title }: Column,
  names: ClassNames,
): Promise<Int32Array> {
  const labels = new Int32Array(file.rows);
  let read = 0;
  await parquetRead({
    file: file.bytes,
    metadata: file.metadata,
    columns: [title],
    compressors: CODECS,
    onPage: ({ columnData, rowStart }) => {
      for (let i = 0; i < columnData.length; i++)
        labels[rowStart + i] = labelOf(columnData[i], names, `${file.path}: row ${rowStart + i}`);
      read += columnData.length;
    },
  });
  if (read !== file.rows) throw new Error(`its column ${title} has ${read} of ${file.rows} values`);
  return labels;
}

function labelOf(value: unknown, names: ClassNames, where: string): number {
  if (value === null || value === undefined) return NO_LABEL;
  if (typeof value === 'string') {
    const known = names.get(value);
    if (known !== undefined) return known;
    names.set(value, names.size);
    return names.size - 1;
  }
  const label = Number(value);
  if (label === (label | 0)) return label;
  throw new InputError(`${where} has the label ${value}: expected a class index, or a class name.`);
}
