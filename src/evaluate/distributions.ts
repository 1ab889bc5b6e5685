/** Below it the series converges, above it the continued fraction. */
const SERIES_END = 3;
const MOST_TERMS = 200;

/** P(X > x) of chi-squared with one degree of freedom, to about 14 digits: erfc(sqrt(x / 2)). */
export const chiSquaredTail = (x: number): number => (x <= 0 ? 1 : complementOfError(Math.sqrt(x / 2)));

/** P(X <= k) of n fair coins. */
export function halvesTail(k: number, n: number): number {
  let term = 0.5 ** n;
  let sum = term;
  for (let i = 1; i <= k; i++) {
    term *= (n - i + 1) / i;
    sum += term;
  }
  return sum;
}

/** erfc(z) for z of 0 or more (Abramowitz and Stegun, 7.1.6 and 7.1.14). */
function complementOfError(z: number): number {
  const square = z * z;
  const scale = Math.exp(-square) / Math.sqrt(Math.PI);
  if (z < SERIES_END) {
    let term = 2 * z * scale;
    let sum = term;
    for (let n = 1; term > sum * Number.EPSILON; n++) {
      term *= (2 * square) / (2 * n + 1);
      sum += term;
    }
    return 1 - sum;
  }
  let fraction = z;
  for (let n = MOST_TERMS; n >= 1; n--) fraction = z + n / 2 / fraction;
  return scale / fraction;
}
