import { type FileMetaData, parquetRead, type SchemaElement, type SchemaTree } from 'hyparquet';
import { CODECS } from './codecs.js';
import type { Column } from './columns.js';
import { readRange } from './file.js';
import type { Piece } from './pieces.js';

/** What is read of each row: its bytes, or null where there are none. */
export type Values = (Uint8Array | null)[];

/**
 * The values of a piece. They are views of the piece's own memory: whoever keeps one keeps all.
 *
 * The piece is given to the library as a file of its own that has one column and one group of rows, so that it reads no
 * more than that.
 *
 * @throws Error where it is damaged
 */
export async function readValues(path: string, { path: schemaPath }: Column, piece: Piece): Promise<Values> {
  const { rows, codec } = piece;
  const content = await readPiece(path, piece);
  const names = schemaPath.map(({ element }) => element.name);
  const metadata: FileMetaData = {
    version: 1,
    schema: [{ name: 'root', num_children: 1 }, ...schemaPath.map(alone)],
    num_rows: BigInt(rows),
    metadata_length: 0,
    row_groups: [
      {
        total_byte_size: BigInt(content.length),
        num_rows: BigInt(rows),
        columns: [
          {
            file_offset: 0n,
            meta_data: {
              type: 'BYTE_ARRAY',
              encodings: [],
              path_in_schema: names,
              codec,
              num_values: BigInt(rows),
              total_uncompressed_size: BigInt(content.length),
              total_compressed_size: BigInt(content.length),
              // The dictionary, where there is one, is the first page.
              data_page_offset: 0n,
            },
          },
        ],
      },
    ],
  };
  const values: Values = [];
  await parquetRead({
    file: { byteLength: content.length, slice: () => content.buffer },
    metadata,
    compressors: CODECS,
    utf8: false,
    geoparquet: false,
    onPage: ({ columnData }) => {
      // A value in a structure that may be missing comes in a list: empty where the structure is.
      for (const value of columnData) values.push((Array.isArray(value) ? value[0] : value) ?? null);
    },
  });
  if (values.length !== rows) throw new Error(`it has ${values.length} values in a group of ${rows} rows`);
  return values;
}

/** Dictionary and pages, one behind the other. */
async function readPiece(path: string, piece: Piece): Promise<Uint8Array<ArrayBuffer>> {
  const { start, bytes, dictionaryStart, dictionaryBytes } = piece;
  if (dictionaryBytes === 0) return readRange(path, start, bytes);
  const parts = [
    await readRange(path, dictionaryStart, dictionaryBytes),
    await readRange(path, start, bytes),
  ] as const;
  const content = new Uint8Array(dictionaryBytes + bytes);
  content.set(parts[0]);
  content.set(parts[1], dictionaryBytes);
  return content;
}

/** An element of the schema without its siblings. */
function alone({ element, children }: SchemaTree): SchemaElement {
  return children.length > 0 ? { ...element, num_children: 1 } : element;
}
