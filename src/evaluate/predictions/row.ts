import type { FileHandle } from 'node:fs/promises';

/** What was said about one image, as a row of a table. */
export interface PredictionRow {
  /** Position in the images that are measured. */
  index: number;
  /** Where the image is; undefined for one that is no file. */
  path: string | undefined;
  label: string;
  predicted: string;
  /** Of the predicted class, 0 to 1. */
  probability: number;
  /** In class order; valid until the call that brings it has ended. */
  logits: Float32Array;
}

/** What a table looks like, known before its first row. */
export interface TableOptions {
  /** Whether images have paths: a column of them. */
  paths: boolean;
  /** Length of the logits. */
  classes: number;
}

/** Writes a table in one format. */
export interface TableWriter {
  write(rows: readonly PredictionRow[]): Promise<void>;
  /** What comes at the end. */
  finish(): Promise<void>;
}

/** Makes a table in a file, from its start. */
export type TableFormat = (file: FileHandle, options: TableOptions) => Promise<TableWriter>;
