import { invalid } from '../errors.js';

/** How a model is served. */
export interface ServeOptions {
  /** Address to listen on; `0.0.0.0` is all of this machine's. @default '127.0.0.1' */
  host?: string;
  /** 0 takes any that is free. @default 8080 */
  port?: number;
  /** What the model is called. @default its origin */
  name?: string;
  /** Images that run through the network at once, at most. @default 8 */
  batchSize?: number;
  /** Milliseconds that an image waits for others to share a batch with. @default 0: a batch takes what is there */
  maxWait?: number;
  /** Bytes of a request's body, at most. @default 10,000,000 */
  maxBytes?: number;
  /** Pixels of an image, at most: looked at in its header, before it is decoded. @default 50,000,000 */
  maxPixels?: number;
  /** Seconds that the headers may take to arrive, and then the body. @default 10 */
  timeout?: number;
  /** Images that are being received, decoded or waiting, at most; more are sent away with 503. @default 256 */
  queue?: number;
  /** Origins whose pages may ask (CORS): `*`, or as `https://example.com`. @default none */
  allowOrigins?: readonly string[];
  /** Images that are decoded at once. @default usualWorkers() */
  workers?: number;
  /** Is told what failed in the server itself, behind a status of 500. */
  onError?: (error: unknown) => void;
}

/** What is served to whom, checked. */
export type Limits = Required<Omit<ServeOptions, 'name' | 'workers' | 'onError'>>;

/** The options' defaults. */
export const DEFAULTS = {
  host: '127.0.0.1',
  port: 8080,
  batchSize: 8,
  maxWait: 0,
  maxBytes: 10_000_000,
  maxPixels: 50_000_000,
  timeout: 10,
  queue: 256,
  allowOrigins: [],
} as const satisfies Limits;

/** The largest image that sharp decodes. */
const MOST_PIXELS = 0x3fff ** 2;
const MOST_PORT = 65_535;
/** What a timer can count, in milliseconds, and less than half of it in seconds: two of these are added up. */
const [MOST_WAIT, MOST_TIMEOUT] = [2 ** 31 - 1, 1_000_000];

/** The options with their defaults. @throws InputError for a value that is out of range */
export function limitsOf(options: ServeOptions): Limits {
  const limits = { ...DEFAULTS, ...withoutUndefined(options) };
  whole('port', limits.port, 0, MOST_PORT);
  for (const key of ['batchSize', 'maxBytes', 'queue'] as const) whole(key, limits[key], 1);
  whole('maxPixels', limits.maxPixels, 1, MOST_PIXELS);
  between('maxWait', limits.maxWait, 0, MOST_WAIT);
  if (!(limits.timeout > 0)) throw invalid(flagOf('timeout'), 'a number of seconds above 0', limits.timeout);
  between('timeout', limits.timeout, 0, MOST_TIMEOUT);
  for (const origin of limits.allowOrigins) checkOrigin(origin);
  return limits;
}

const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const withoutUndefined = (options: ServeOptions): ServeOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

function whole(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
  throw invalid(flagOf(name), `a whole number of ${range}`, value);
}

function between(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most))
    throw invalid(flagOf(name), `a number of ${least} to ${most}`, value);
}

/** An origin as a browser sends it: a mistyped one would allow nobody, in silence. */
function checkOrigin(origin: string): void {
  if (origin === '*') return;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url?.origin === origin) return;
  const meant = url && url.origin !== 'null' ? ` Did you mean '${url.origin}'?` : '';
  throw invalid('--allow-origin', "'*' or scheme and host as https://example.com", origin, meant.trim());
}
