import type { TableFormat } from './row.js';

/** A JSON object a line; a number that is none is null. */
export const jsonLinesTable: TableFormat = async (file) => ({
  async write(rows) {
    const lines = rows.map(({ logits, ...row }) => JSON.stringify({ ...row, logits: [...logits] }));
    await file.appendFile(`${lines.join('\n')}\n`);
  },
  async finish() {},
});
