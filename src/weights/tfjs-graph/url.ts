import { InputError } from '../../errors.js';
import { storedBytes } from '../tfjs/dequantize.js';
import { LONGEST_JSON } from '../tfjs/read.js';
import type { ModelSource, ShardBytes } from './source.js';

/** How long a server may say nothing. */
const PATIENCE_MS = 30_000;
/** What TensorFlow Hub and Kaggle answer with single files to. */
const FILE_FORM = 'tfjs-format=file';

/**
 * A model at an address: that of its `model.json`, or of a model of TensorFlow Hub or Kaggle, whose files lie below it.
 * Shards lie beside the `model.json`, and get its query.
 */
export function urlSource(
  given: string,
  { timeoutMs = PATIENCE_MS }: { timeoutMs?: number } = {},
): ModelSource {
  const url = modelJsonUrl(given);
  return {
    place: url.href,
    async json() {
      const body = new HttpBody(url.href, timeoutMs);
      const bytes = await body.rest(LONGEST_JSON);
      try {
        return JSON.parse(Buffer.from(bytes).toString('utf8'));
      } catch {
        throw new InputError(
          `${url.href} is no JSON: expected the address of a tfjs model.json. Open it in a browser to see what it gives.`,
        );
      }
    },
    shards: (names, weights) => {
      const expected = weights.reduce((sum, weight) => sum + storedBytes(weight), 0);
      const urls = names.map((name) => shardUrl(url, name));
      return new HttpShards(url.href, urls, expected, timeoutMs);
    },
  };
}

/** The address of the `model.json` that an address means. */
function modelJsonUrl(given: string): URL {
  if (!URL.canParse(given))
    throw new InputError(`'${given}' is no address: expected https://.../model.json.`);
  const url = new URL(given);
  if (/\.json$/i.test(url.pathname)) return url;
  url.pathname = `${url.pathname.replace(/\/$/, '')}/model.json`;
  if (!url.searchParams.has('tfjs-format')) url.search = `?${FILE_FORM}`;
  return url;
}

// A manifest is data from elsewhere: it must not send requests anywhere but beside itself.
function shardUrl(base: URL, name: string): string {
  const folder = new URL('.', base);
  const canBeBeside = name !== '' && URL.canParse(name, folder.href) && !/[?#\\]/.test(name);
  const url = canBeBeside ? new URL(name, folder) : undefined;
  if (!url || url.origin !== folder.origin || !url.pathname.startsWith(folder.pathname)) {
    throw new InputError(`${base.href} names the shard '${name}', which does not lie beside it.`);
  }
  url.search = base.search;
  return url.href;
}

/** Shards that are fetched one after the other, as far as they are read. */
class HttpShards implements ShardBytes {
  #at = 0;
  #read = 0;
  #body: HttpBody | undefined;

  constructor(
    private readonly modelJson: string,
    private readonly urls: readonly string[],
    private readonly expected: number,
    private readonly timeoutMs: number,
  ) {}

  async read(weight: string, length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      this.#body ??= this.#next();
      if (!this.#body) {
        throw new InputError(
          `The shards of ${this.modelJson} end at byte ${this.#read}, in weight '${weight}'; expected ` +
            `${this.expected} bytes. They are incomplete, or of another model: see to it that all lie beside it.`,
        );
      }
      const part = await this.#body.upTo(missing);
      if (!part) {
        this.#body = undefined;
        continue;
      }
      parts.push(part);
      missing -= part.length;
      this.#read += part.length;
    }
    return joined(parts, length);
  }

  #next(): HttpBody | undefined {
    const url = this.urls[this.#at++];
    return url === undefined ? undefined : new HttpBody(url, this.timeoutMs);
  }

  async finish(): Promise<void> {
    for (this.#body ??= this.#next(); this.#body; this.#body = this.#next()) {
      if (await this.#body.upTo(1)) {
        await this.#body.cancel();
        throw new InputError(
          `The shards of ${this.modelJson} go on after the ${this.expected} bytes of its weights: they are of another model.`,
        );
      }
    }
  }
}

/** The body of one answer, read in pieces. Redirects are followed. */
class HttpBody {
  #reader: Promise<ReadableStreamDefaultReader<Uint8Array>> | undefined;
  #rest = new Uint8Array(0);
  readonly #abort = new AbortController();

  constructor(
    readonly url: string,
    private readonly timeoutMs: number,
  ) {}

  /** Up to `length` bytes, or undefined at the end. */
  async upTo(length: number): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0) {
      this.#reader ??= this.#open();
      const reader = await this.#reader;
      const { done, value } = await this.#patiently(() => reader.read());
      if (done) return undefined;
      this.#rest = value as Uint8Array<ArrayBuffer>;
    }
    const part = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  /** All that is left, at most `limit` bytes. */
  async rest(limit: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let part = await this.upTo(limit); part; part = await this.upTo(limit)) {
      length += part.length;
      if (length > limit) {
        await this.cancel();
        throw new InputError(`${this.url} has more than ${limit} bytes: too long for a model.json.`);
      }
      parts.push(part);
    }
    return joined(parts, length);
  }

  /** Stops reading. */
  async cancel(): Promise<void> {
    this.#abort.abort();
    await this.#reader?.then((reader) => reader.cancel()).catch(() => {});
  }

  async #open(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const { signal } = this.#abort;
    const response = await this.#patiently(() => fetch(this.url, { signal }));
    if (response.ok && response.body) return response.body.getReader();
    await response.body?.cancel();
    const way = response.status === 404 ? 'Check the address.' : 'Try later, or download the files yourself.';
    throw new InputError(
      `Could not read ${this.url}: the server answered ${response.status}. ${way} A folder with model.json and its ` +
        'shards works too.',
    );
  }

  /** Waits for the server, but not for ever. */
  async #patiently<R>(wait: () => Promise<R>): Promise<R> {
    const timer = setTimeout(
      () => this.#abort.abort(new Error(`no answer for ${this.timeoutMs / 1000} s`)),
      this.timeoutMs,
    );
    try {
      return await wait();
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      throw new InputError(
        `Could not read ${this.url}: ${cause?.message || message}. Check the connection, or download the model and ` +
          'give the path of its folder.',
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Pieces in one memory of their own. They have come already, so their length is no mere claim. */
function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
