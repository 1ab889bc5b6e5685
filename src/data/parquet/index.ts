/** Parquet files with a column of encoded images and one of their labels. */
export { type Column, type ColumnOptions, findColumns, type ImageColumns } from './columns.js';
export { type ParquetFile, unreadable, withParquet } from './file.js';
export { KeptPieces } from './kept.js';
export { type ClassNames, NO_LABEL, readLabels } from './labels.js';
export { type Piece, piecesOf } from './pieces.js';
export { readValues, type Values } from './values.js';
