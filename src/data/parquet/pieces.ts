import { type ColumnChunk, type OffsetIndex, readOffsetIndex } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import type { Column } from './columns.js';
import type { ParquetFile } from './file.js';

/** A part of a column that is read as a whole: the values of a group of rows, or of some pages of a large one. */
export interface Piece {
  /** Rows that it holds. */
  rows: number;
  /** Where its pages lie in the file. */
  start: number;
  bytes: number;
  /** Where the dictionary lies that they may refer to; nothing where there is none. */
  dictionaryStart: number;
  dictionaryBytes: number;
  /** How its pages are compressed, as parquet names it. */
  codec: Codec;
}

/** A way in which pages are compressed. */
export type Codec = NonNullable<ColumnChunk['meta_data']>['codec'];

/** Bytes that a piece of a group that is divided has: what is read for one image where images are taken at random. */
const PIECE_BYTES = 4 * 2 ** 20;
/** A group of rows is divided where it has more than so many pieces. Without an index of pages it takes a read a page. */
const MOST_PIECES = { indexed: 1.5, unindexed: 6 };
/** Bytes that are read for the header of a page. */
const HEADER_BYTES = 1024;
const MOST_HEADER_BYTES = 2 ** 20;

type Location = OffsetIndex['page_locations'][number];

/** A page of values, without its dictionary. */
interface Page {
  start: number;
  bytes: number;
  rows: number;
}

/**
 * The parts in which a column of a file is read, in the order of its rows.
 *
 * @param pieceBytes of a piece, about, where groups of rows are large
 */
export async function piecesOf(
  file: ParquetFile,
  { title }: Column,
  { pieceBytes = PIECE_BYTES }: { pieceBytes?: number } = {},
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const group of file.metadata.row_groups) {
    const chunk = group.columns.find((column) => column.meta_data?.path_in_schema.join('.') === title);
    if (!chunk?.meta_data) throw new Error(`a group of rows lacks the column ${title}`);
    const rows = Number(group.num_rows);
    if (rows > 0) pieces.push(...(await piecesOfChunk(file, chunk, { rows, pieceBytes })));
  }
  const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0);
  if (rows !== file.rows) throw new Error(`its groups have ${rows} rows, and its footer says ${file.rows}`);
  return pieces;
}

async function piecesOfChunk(
  file: ParquetFile,
  chunk: ColumnChunk,
  { rows, pieceBytes }: { rows: number; pieceBytes: number },
): Promise<Piece[]> {
  const { codec, dictionary_page_offset, data_page_offset, total_compressed_size, total_uncompressed_size } =
    chunk.meta_data!;
  const dataStart = Number(data_page_offset);
  // Some writers say 0 where there is no dictionary.
  const start = Number(dictionary_page_offset || data_page_offset);
  const bytes = Number(total_compressed_size);
  const whole: Piece = { rows, start, bytes, dictionaryStart: start, dictionaryBytes: 0, codec };
  const most = pieceBytes * (chunk.offset_index_offset ? MOST_PIECES.indexed : MOST_PIECES.unindexed);
  if (Number(total_uncompressed_size) <= most) return [whole];
  const pages = await pagesOf(file, chunk, { start: dataStart, end: start + bytes, rows });
  const [first] = pages;
  if (!first) return [whole];
  const dictionary = { dictionaryStart: start, dictionaryBytes: first.start - start, codec };
  const pieces: Piece[] = [];
  let last: Piece | undefined;
  for (const page of pages) {
    if (last && last.bytes + page.bytes <= pieceBytes) {
      last.rows += page.rows;
      last.bytes = page.start + page.bytes - last.start;
    } else {
      last = { ...page, ...dictionary };
      pieces.push(last);
    }
  }
  return pieces;
}

interface Extent {
  start: number;
  end: number;
  rows: number;
}

/** The pages of a column: by the file's index of them, or else by going from one's header to the next. */
async function pagesOf(file: ParquetFile, chunk: ColumnChunk, extent: Extent): Promise<Page[]> {
  const { offset_index_offset: at, offset_index_length: length } = chunk;
  if (at && length) {
    const buffer = await file.bytes.slice(Number(at), Number(at) + length);
    const locations = readOffsetIndex({ view: new DataView(buffer), offset: 0 }).page_locations;
    return locations.map((location, i) => pageAt(location, locations[i + 1], extent.rows));
  }
  const pages: Page[] = [];
  for (let start = extent.start; start < extent.end; ) {
    const { header, bytes } = await headerAt(file, start, extent.end);
    const rows = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_rows;
    if (rows !== undefined) pages.push({ start, bytes, rows });
    start += bytes;
  }
  const rows = pages.reduce((sum, page) => sum + page.rows, 0);
  if (rows !== extent.rows) throw new Error(`its pages have ${rows} rows, and their group ${extent.rows}`);
  return pages;
}

function pageAt(location: Location, next: Location | undefined, rows: number): Page {
  const end = next ? Number(next.first_row_index) : rows;
  return {
    start: Number(location.offset),
    bytes: location.compressed_page_size,
    rows: end - Number(location.first_row_index),
  };
}

/** The header of a page, which says itself how long it is, and the bytes of both. */
async function headerAt(
  file: ParquetFile,
  start: number,
  end: number,
): Promise<{ header: ReturnType<typeof parquetHeader>; bytes: number }> {
  // Longer where it quotes the least and the greatest value.
  for (let length = HEADER_BYTES; ; length *= 16) {
    const buffer = await file.bytes.slice(start, Math.min(start + length, end));
    const reader = { view: new DataView(buffer), offset: 0 };
    try {
      const header = parquetHeader(reader);
      const bytes = reader.offset + header.compressed_page_size;
      if (!(header.compressed_page_size >= 0 && start + bytes <= end))
        throw new Error(`a page at byte ${start} is longer than its group of rows`);
      return { header, bytes };
    } catch (error) {
      if (length >= MOST_HEADER_BYTES || start + length >= end) throw error;
    }
  }
}
