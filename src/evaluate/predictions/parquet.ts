import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { PredictionRow, TableFormat, TableOptions } from './row.js';

/** Logits that a group of rows holds at most: what is in memory until it is written. */
const GROUP_LOGITS = 2 ** 20;
/** Rows of a group at most. */
const GROUP_ROWS = 2 ** 15;

/** Apache Parquet, compressed with Snappy, in groups of rows: a row may come before all are known. */
export const parquetTable: TableFormat = async (file, options) => {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(options) });
  const groupRows = Math.max(1, Math.min(GROUP_ROWS, Math.floor(GROUP_LOGITS / options.classes)));
  let waiting: KeptRow[] = [];

  const save = async () => {
    await file.appendFile(bytes.getBytes());
    bytes.index = 0;
  };
  const writeGroup = async () => {
    if (waiting.length === 0) return;
    await writer.write({ columnData: columnsOf(waiting, options), rowGroupSize: waiting.length });
    waiting = [];
    await save();
  };
  return {
    async write(rows) {
      for (const row of rows) {
        waiting.push({ ...row, logits: [...row.logits] });
        if (waiting.length === groupRows) await writeGroup();
      }
    },
    async finish() {
      await writeGroup();
      await writer.finish();
      await save();
    },
  };
};

type KeptRow = Omit<PredictionRow, 'logits'> & { logits: number[] };

const required = { repetition_type: 'REQUIRED' } as const;
const textElement = (name: string): SchemaElement => ({
  ...{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  ...required,
});

function schemaOf({ paths }: TableOptions): SchemaElement[] {
  return [
    { name: 'predictions', num_children: paths ? 6 : 5 },
    { name: 'index', type: 'INT32', ...required },
    ...(paths ? [textElement('path')] : []),
    textElement('label'),
    textElement('predicted'),
    { name: 'probability', type: 'DOUBLE', ...required },
    // The three levels of a list, as the format's specification names them.
    { name: 'logits', converted_type: 'LIST', num_children: 1, ...required },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'FLOAT', ...required },
  ];
}

function columnsOf(rows: readonly KeptRow[], { paths }: TableOptions) {
  return [
    { name: 'index', data: Int32Array.from(rows, ({ index }) => index) },
    ...(paths ? [{ name: 'path', data: rows.map(({ path = '' }) => path) }] : []),
    { name: 'label', data: rows.map(({ label }) => label) },
    { name: 'predicted', data: rows.map(({ predicted }) => predicted) },
    { name: 'probability', data: Float64Array.from(rows, ({ probability }) => probability) },
    { name: 'logits', data: rows.map(({ logits }) => logits) },
  ];
}
