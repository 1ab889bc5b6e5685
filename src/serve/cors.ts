/** What a page of another origin may do. */
const METHODS = 'GET, HEAD, POST, OPTIONS';
/** Seconds that a browser need not ask again. */
const MAX_AGE = '600';

/**
 * The headers that let a page of another origin read an answer; none where it is not among those that are allowed.
 *
 * @param origin as the request names it
 * @param allowed origins, or `*`
 */
export function corsHeaders(
  origin: string | undefined,
  allowed: readonly string[],
  { isPreflight = false }: { isPreflight?: boolean } = {},
): Record<string, string> {
  if (allowed.length === 0) return {};
  const anyone = allowed.includes('*');
  // A cache must not give the answer to one origin to another.
  const vary: Record<string, string> = anyone ? {} : { vary: 'origin' };
  if (origin === undefined || !(anyone || allowed.includes(origin))) return vary;
  return {
    ...vary,
    'access-control-allow-origin': anyone ? '*' : origin,
    'cross-origin-resource-policy': 'cross-origin',
    ...(isPreflight && {
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': MAX_AGE,
    }),
  };
}
