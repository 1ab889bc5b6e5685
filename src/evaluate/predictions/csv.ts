import type { TableFormat } from './row.js';

/** A line of comma-separated values (RFC 4180), without its end. */
export const csvLine = (values: readonly (string | number)[]): string =>
  values
    .map(String)
    .map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
    .join(',');

/** Comma-separated values with a heading; the logits are one value, a JSON list. */
export const csvTable: TableFormat = async (file, { paths }) => {
  const heading = ['index', ...(paths ? ['path'] : []), 'label', 'predicted', 'probability', 'logits'];
  await file.appendFile(`${csvLine(heading)}\n`);
  return {
    async write(rows) {
      const lines = rows.map(({ index, path = '', label, predicted, probability, logits }) =>
        csvLine([
          ...[index, ...(paths ? [path] : []), label, predicted, probability],
          JSON.stringify([...logits]),
        ]),
      );
      await file.appendFile(`${lines.join('\n')}\n`);
    },
    async finish() {},
  };
};
