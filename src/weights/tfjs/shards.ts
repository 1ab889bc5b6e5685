import { existsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { withFile } from '../../bytes/byte-source.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';

/** Shards as tfjs and its converter cut them, in bytes: small enough for browsers to cache. */
export const SHARD_BYTES = 4 * 2 ** 20;

/** The shards of one group, read one after the other as if they were one file. */
export class ShardReader {
  private readonly shards: readonly { path: string; start: number; end: number }[];
  /** Bytes of all shards together. */
  readonly size: number;
  private position = 0;

  /**
   * @param folder where `model.json` lies
   * @param names as the manifest lists them, relative to the folder
   */
  constructor(
    private readonly modelJson: string,
    folder: string,
    names: readonly string[],
  ) {
    let size = 0;
    this.shards = names.map((name) => {
      const start = size;
      const path = shardPath(modelJson, folder, name);
      size += statSync(path).size;
      return { path, start, end: size };
    });
    this.size = size;
  }

  /** The next `length` bytes, in memory of their own. */
  read(name: string, length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.size) {
      throw damaged(this.modelJson, `${end} bytes in its shards, up to weight '${name}'`, `${this.size}`);
    }
    const bytes = new Uint8Array(length);
    for (const shard of this.shards) {
      const from = Math.max(this.position, shard.start);
      const to = Math.min(end, shard.end);
      if (from >= to) continue;
      const part = withFile(shard.path, (source) => source.read(from - shard.start, to - from));
      bytes.set(part, from - this.position);
    }
    this.position = end;
    return bytes;
  }

  /** Throws where bytes are left over. */
  finish(): void {
    if (this.position !== this.size) {
      throw damaged(this.modelJson, `${this.position} bytes in its shards`, `${this.size}`);
    }
  }
}

// A manifest is data from elsewhere: it must not reach for files outside its own folder.
function shardPath(modelJson: string, folder: string, name: string): string {
  const inside = normalize(name);
  if (isAbsolute(inside) || inside.startsWith('..')) {
    throw new InputError(`${modelJson} names the shard '${name}', which lies outside its folder.`);
  }
  const path = join(folder, inside);
  if (!existsSync(path)) {
    throw new InputError(`${modelJson} names the shard '${name}', which is missing: expected it at ${path}.`);
  }
  return path;
}

/** Names of the shards that `bytes` of weights are cut into. */
export function shardNames(bytes: number): string[] {
  const count = Math.max(1, Math.ceil(bytes / SHARD_BYTES));
  return Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
}

/** Writes the parts one after the other into shards of equal length, the last one shorter. */
export async function writeShards(
  folder: string,
  names: readonly string[],
  parts: readonly Uint8Array[],
): Promise<void> {
  let part = 0;
  let offset = 0;
  for (const name of names) {
    const file = await open(join(folder, name), 'w');
    try {
      for (let room = SHARD_BYTES; room > 0 && part < parts.length; ) {
        const bytes = (parts[part] as Uint8Array).subarray(offset, offset + room);
        await file.writeFile(bytes);
        room -= bytes.length;
        offset += bytes.length;
        if (offset === (parts[part] as Uint8Array).length) {
          part += 1;
          offset = 0;
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
