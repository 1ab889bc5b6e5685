import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { type OnProgress, toStandardError } from '../download/index.js';
import { InputError } from '../errors.js';
import { checkInside, isFile } from '../hub/index.js';
import { shardPaths } from './hub-model.js';
import { writeFileAside } from './write-aside.js';

/** Answers within this time, or not at all. */
const PATIENCE_MS = 30_000;
const LARGEST_DESCRIPTION = 256 * 2 ** 20;

/**
 * Downloads a tfjs model from the address of its model.json and gives the path that a reader takes. What was downloaded
 * before is used again where the model.json is the same, or the network is out of reach.
 *
 * @param cache the project's cache folder; the model lies in `models/` below it
 * @throws InputError with the address: not reachable, not a tfjs model
 */
export async function fetchModelUrl(
  url: string,
  { cache, onProgress = toStandardError }: { cache: string; onProgress?: OnProgress },
): Promise<string> {
  const folder = join(cache, 'models', createHash('sha256').update(url).digest('hex').slice(0, 16));
  const path = join(folder, 'model.json');
  const previous = await readFile(path, 'utf8').catch(() => undefined);
  const text = await readDescription(url, previous, onProgress);
  const shards = shardPaths(text);
  if (shards === undefined) {
    throw new InputError(`${url} is no tfjs model: expected a model.json that lists its files of weights.`);
  }
  for (const shard of shards) checkInside('file of weights in model.json', shard);
  const isSame = previous === text;
  // A model.json in the cache tells of whole weights: it goes first, and comes last.
  if (!isSame) await rm(path, { force: true });
  for (const [i, shard] of shards.entries()) {
    const target = join(folder, shard);
    if (isSame && (await isFile(target))) continue;
    onProgress(`Fetching ${posix.basename(shard)}, ${i + 1} of ${shards.length}`);
    const body = await get(shardUrl(url, shard));
    await writeFileAside(target, async (file) => {
      for await (const chunk of Readable.fromWeb(body)) await file.writeFile(chunk as Uint8Array);
    });
  }
  if (!isSame) await writeFileAside(path, (file) => file.writeFile(text));
  return path;
}

async function readDescription(
  url: string,
  previous: string | undefined,
  onProgress: OnProgress,
): Promise<string> {
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of Readable.fromWeb(await get(url))) {
      length += (chunk as Uint8Array).length;
      if (length > LARGEST_DESCRIPTION) throw new InputError(`${url} is too large for a model.json.`);
      chunks.push(chunk as Uint8Array);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (previous === undefined || !(error instanceof Unreachable)) throw error;
    onProgress(`${error.message} What was downloaded before is used.`);
    return previous;
  }
}

/** The network failed, and not the server. */
class Unreachable extends InputError {}

type Body = Parameters<typeof Readable.fromWeb>[0];

async function get(url: string): Promise<Body> {
  let response: Response;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error('no answer in time')), PATIENCE_MS);
  try {
    response = await fetch(url, { signal: abort.signal });
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new Unreachable(`Could not download ${url}: ${cause?.message || message}.`);
  } finally {
    clearTimeout(timer);
  }
  if (response.ok && response.body) return response.body as Body;
  await response.body?.cancel();
  throw new InputError(
    `Could not download ${url}: the server answered ${response.status}. Check the address.`,
  );
}

/** Shards lie beside the model.json; what follows a question mark belongs to both. */
function shardUrl(url: string, shard: string): string {
  const address = new URL(url);
  const query = address.search;
  const found = new URL(shard, address);
  found.search = query;
  return found.href;
}
