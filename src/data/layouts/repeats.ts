/** Two of the four 32-bit words of a hash of a text, as one number: FNV-1a from two starts. */
function hashOf(text: string): number {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 13);
  }
  // 53 bits are exact in a number.
  return (a >>> 0) * 2 ** 21 + ((b >>> 0) & 0x1fffff);
}

/**
 * Rows whose text an earlier row has, ascending, each with the first that has it. Texts are not held, but for those that
 * repeat: 16 bytes a row, where a set of the texts would take a hundred.
 */
export function* repeatsOf(
  length: number,
  textOf: (row: number) => string,
): Generator<[first: number, later: number], void, undefined> {
  const hashes = new Float64Array(length);
  for (let row = 0; row < length; row++) hashes[row] = hashOf(textOf(row));
  const sorted = hashes.toSorted();
  const repeated = new Set<number>();
  for (let i = 1; i < length; i++) if (sorted[i] === sorted[i - 1]) repeated.add(sorted[i]!);
  if (repeated.size === 0) return;
  const seen = new Map<string, number>();
  for (let row = 0; row < length; row++) {
    if (!repeated.has(hashes[row]!)) continue;
    const text = textOf(row);
    const first = seen.get(text);
    if (first === undefined) seen.set(text, row);
    else yield [first, row];
  }
}
