/** Seeded damage to a file: bytes changed, cut out, repeated, or cut off. */
export function* mutations(bytes: Uint8Array, count: number, seed = 1): Generator<Uint8Array> {
  let state = seed;
  // mulberry32: small, and the same everywhere.
  const random = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
  for (let i = 0; i < count; i += 1) {
    const at = random(bytes.length);
    const length = 1 + random(16);
    const kind = random(5);
    if (kind === 0) yield bytes.slice(0, at);
    else if (kind === 1) yield Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
    else if (kind === 2) yield Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
    else {
      const changed = bytes.slice();
      for (let j = 0; j < (kind === 3 ? 1 : length); j += 1) changed[(at + j) % bytes.length] = random(256);
      yield changed;
    }
  }
}
