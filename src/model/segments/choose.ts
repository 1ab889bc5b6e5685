/** A place where a forward pass may be cut. */
export interface Place {
  /** Values that are kept when it is cut here. */
  size: number;
  /** Values that are computed from the place before to this one, with its own. */
  work: number;
}

/** Each bound on the size of a segment is this much of the one before. */
const STEP = 0.9;

/**
 * Chooses where to cut a forward pass, so that the least is held at any time: what is kept at the cuts, and the values of
 * the largest segment, which are there while its gradient is taken (arXiv 1604.06174, section 4, with sizes that differ).
 *
 * @param places in the order of the pass
 * @param rest values that are computed after the last place
 * @returns the indices of the places to cut at, ascending
 */
export function chooseCuts(places: readonly Place[], rest: number): number[] {
  const sums = [0];
  for (const { work } of places) sums.push(sums.at(-1)! + work);
  const total = sums.at(-1)! + rest;
  let best = { held: total, cuts: [] as number[] };
  for (let bound = total * STEP; bound >= total / (places.length + 1); bound *= STEP) {
    const cuts = cheapestCuts(places, sums, total, bound);
    if (!cuts) break;
    const held = heldWith(places, sums, total, cuts);
    if (held < best.held) best = { held, cuts };
  }
  return best.cuts;
}

/** The cuts that keep the least with no segment above the bound; undefined where there are none. */
function cheapestCuts(
  places: readonly Place[],
  sums: readonly number[],
  total: number,
  bound: number,
): number[] | undefined {
  // kept[i]: the least that is kept when the pass up to place i - 1 is cut, with a cut there; 0 is the start.
  const kept = [0];
  const previous = [0];
  const from = (work: number, until: number) => {
    let found = -1;
    for (let i = until; i >= 0 && work - sums[i]! <= bound; i--) {
      if (kept[i]! < (kept[found] ?? Number.POSITIVE_INFINITY)) found = i;
    }
    return found;
  };
  places.forEach(({ size }, at) => {
    const found = from(sums[at + 1]!, at);
    previous.push(found);
    kept.push(found < 0 ? Number.POSITIVE_INFINITY : kept[found]! + size);
  });
  let at = from(total, places.length);
  if (at < 0) return undefined;
  const cuts: number[] = [];
  for (; at > 0; at = previous[at]!) cuts.unshift(at - 1);
  return cuts;
}

function heldWith(
  places: readonly Place[],
  sums: readonly number[],
  total: number,
  cuts: readonly number[],
): number {
  const borders = [0, ...cuts.map((cut) => sums[cut + 1]!), total];
  const segments = borders.slice(1).map((border, i) => border - borders[i]!);
  return Math.max(...segments) + cuts.reduce((sum, cut) => sum + places[cut]!.size, 0);
}
