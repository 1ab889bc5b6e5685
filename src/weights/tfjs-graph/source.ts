import { dirname } from 'node:path';
import type { ManifestWeight } from '../tfjs/manifest.js';
import { modelJsonPath, readJson } from '../tfjs/read.js';
import { ShardReader } from '../tfjs/shards.js';
import { urlSource } from './url.js';

/** Bytes of the shards of one group, one weight after the other. */
export interface ShardBytes {
  /** The next `length` bytes, in memory of their own. */
  read(weight: string, length: number): Promise<Uint8Array> | Uint8Array;
  /** Throws where bytes are left over. */
  finish(): Promise<void> | void;
}

/** Where a model is read from. */
export interface ModelSource {
  /** Its `model.json`, for messages. */
  readonly place: string;
  /** The `model.json`, parsed. */
  json(): Promise<unknown>;
  /**
   * The shards of a group.
   *
   * @param names as the manifest lists them, relative to the `model.json`
   */
  shards(names: readonly string[], weights: readonly ManifestWeight[]): ShardBytes;
}

/** Whether this is the http(s) address of something. */
export const isUrl = (path: string): boolean => /^https?:\/\//i.test(path);

/** A folder with a `model.json`, the `model.json` itself, or its address. */
export function modelSource(path: string, { timeoutMs }: { timeoutMs?: number } = {}): ModelSource {
  return isUrl(path) ? urlSource(path, { timeoutMs }) : fileSource(modelJsonPath(path));
}

function fileSource(modelJson: string): ModelSource {
  return {
    place: modelJson,
    json: async () => readJson(modelJson),
    shards: (names) => new ShardReader(modelJson, dirname(modelJson), names),
  };
}
