import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { NameTableParts } from '../images/name-table.js';

/** What is kept of an index. */
export interface KeptIndex {
  names: NameTableParts;
  offsets: Float64Array;
  sizes: Float64Array;
  said: NameTableParts;
}

/** Changes with what is kept. */
const VERSION = 3;
/** Bytes of the digest that a file ends with. */
const DIGEST = 32;

const digestOf = (bytes: Uint8Array): Buffer =>
  createHash('sha256').update(`index ${VERSION}\n`).update(bytes).digest();

/** What was kept, where it is whole: whatever is wrong with it, the archive itself is still there. */
export function readKept(file: string): KeptIndex | undefined {
  try {
    const bytes = readFileSync(file);
    const content = bytes.subarray(0, -DIGEST);
    return digestOf(content).equals(bytes.subarray(-DIGEST)) ? deserialize(content) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps an index: aside, then renamed. */
export function keep(file: string, index: KeptIndex): void {
  const aside = `${file}.${process.pid}.part`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    const content = serialize(index);
    writeFileSync(aside, content);
    appendFileSync(aside, digestOf(content));
    renameSync(aside, file);
  } catch {
    // A cache that cannot be written costs time, nothing else.
  } finally {
    if (existsSync(aside)) rmSync(aside);
  }
}
