import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, dict, global, int, list, NONE, pickle, raw, tuple } from '../../pickle/pickle-writer.js';
import { write } from '../fixtures.js';

/** BINSTRING: what Python 2 wrote for text and for bytes. */
export function string(content: string | Uint8Array): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeInt32LE(bytes.length);
  return Buffer.concat([raw('T'), length, bytes]);
}

/** Rows of unsigned bytes, as numpy of Python 2 pickled them. */
function rowsOf(n: number, content: Uint8Array): Buffer {
  const type = call(global('numpy', 'dtype'), tuple(string('u1'), int(0), int(1)));
  const order = tuple(int(3), string('|'), NONE, NONE, NONE, int(-1), int(-1), int(0));
  const empty = tuple(global('numpy', 'ndarray'), tuple(int(0)), string('b'));
  return Buffer.concat([
    call(global('numpy.core.multiarray', '_reconstruct'), empty),
    tuple(
      int(1),
      tuple(int(n), int(content.length / n)),
      type,
      order,
      raw('b'),
      raw('\x89'),
      string(content),
    ),
    raw('b'),
  ]);
}

/** A batch as the original archives have it, of the records of a file in the binary layout. */
export function pickleOf(records: Uint8Array, labels: readonly string[]): Buffer {
  const size = labels.length + 3072;
  const n = records.length / size;
  const planes = new Uint8Array(n * 3072);
  for (let i = 0; i < n; i++)
    planes.set(records.subarray(i * size + labels.length, (i + 1) * size), i * 3072);
  const columns = labels.flatMap((key, at) => [
    string(key),
    list(...Array.from({ length: n }, (_, i) => int(records[i * size + at]!))),
  ]);
  return pickle(
    dict(string('batch_label'), string('a batch'), ...columns, string('data'), rowsOf(n, planes)),
  );
}

/** Writes files of the binary layout as pickles: `[from, to]` by name. */
export function writePickles(
  [from, to]: readonly [string, string],
  files: Readonly<Record<string, string>>,
  labels: readonly string[],
): string {
  for (const [name, binary] of Object.entries(files))
    write(join(to, name), pickleOf(readFileSync(join(from, binary)), labels));
  return to;
}
