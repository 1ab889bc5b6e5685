import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadTask } from '../../../src/data/tasks/index.js';
import type { DownloadProgress } from '../../../src/download/index.js';
import { InputError } from '../../../src/errors.js';
import { startHub } from '../../hub/local-hub.js';
import { temporaryFolder } from '../fixtures.js';
import { byPython } from '../parquet/files.js';

const hub = await startHub();
const contentOf = (name: string) => new Uint8Array(readFileSync(byPython(`hugging-face/${name}`)));
const [TRAIN, MORE, VALIDATION, TEST] = [
  'train-00000-of-00002.parquet',
  'train-00001-of-00002.parquet',
  'validation-00000-of-00001.parquet',
  'test-00000-of-00001.parquet',
].map((name) => [name, contentOf(name)] as const) as [Named, Named, Named, Named];
type Named = readonly [string, Uint8Array];
const below = (folder: string, ...files: Named[]) =>
  Object.fromEntries(files.map(([name, content]) => [`${folder}/${name}`, content]));
const README = { 'README.md': Uint8Array.of(1) };

let cache: string;
beforeEach(() => {
  cache = temporaryFolder();
  hub.requests.length = 0;
  hub.behaviour = { type: 'dataset', files: { ...README, ...below('data', TRAIN, MORE, VALIDATION, TEST) } };
  vi.stubEnv('HF_ENDPOINT', hub.url);
  for (const name of ['HF_HOME', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE'])
    vi.stubEnv(name, '');
});
afterEach(() => vi.unstubAllEnvs());

async function refusal(place: string): Promise<string> {
  const error: unknown = await loadTask(place, { cache }).catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

test('downloads the splits that are used, once', async () => {
  const progress: DownloadProgress[] = [];
  const options = { cache, onProgress: (event: DownloadProgress) => progress.push(event) };
  const task = await loadTask('hf:owner/name', options);
  expect([task.name, task.origin, task.classes]).toEqual(['name', 'hf:owner/name', ['red', 'green', 'blue']]);
  expect([task.train.length, task.test.length]).toEqual([9, 3]);
  const fetched = () =>
    hub.requests.filter(({ path }) => path.endsWith('.parquet') && !path.startsWith('/datasets'));
  expect(fetched().map(({ path }) => path)).toEqual(
    [TRAIN, MORE, VALIDATION].map(([name]) => `/${encodeURIComponent(`data/${name}`)}`),
  );
  expect(progress.at(-1)?.received).toBe(VALIDATION[1].length);
  const again = await loadTask('hf:owner/name', { cache });
  expect(fetched().length).toBe(3);
  expect(again.fingerprint).toBe(task.fingerprint);
});

test('its fingerprint does not depend on where the cache is, and is that of the same files elsewhere', async () => {
  const task = await loadTask('hf:owner/name', { cache });
  cache = join(temporaryFolder(), 'a', 'longer', 'path');
  const other = await loadTask('hf:owner/name', { cache });
  expect(other.fingerprint).toBe(task.fingerprint);
});

test('a configuration and a revision are named behind it', async () => {
  hub.behaviour.files = { ...README, ...below('fine', TRAIN, TEST), ...below('coarse', MORE, VALIDATION) };
  const task = await loadTask('hf:owner/name:coarse@v1', { cache });
  expect([task.name, task.train.length, task.test.length]).toEqual(['name-coarse', 5, 3]);
  expect(hub.requests[0]?.path).toBe('/api/datasets/owner/name/revision/v1');
  expect(await refusal('hf:owner/name')).toBe(
    'owner/name holds several data sets: name one of hf:owner/name:coarse, hf:owner/name:fine.',
  );
  expect(await refusal('hf:owner/name:other')).toBe(
    'owner/name holds no data set other. There are: hf:owner/name:coarse, hf:owner/name:fine.',
  );
});

test('without parquet files, those that the hub made of it are taken', async () => {
  hub.behaviour.files = { 'images/a.jpg': Uint8Array.of(1) };
  hub.behaviour.converted = {
    'default/train/0000.parquet': TRAIN[1],
    'default/validation/0000.parquet': VALIDATION[1],
    'other/train/0000.parquet': MORE[1],
  };
  const task = await loadTask('hf:owner/name', { cache });
  expect([task.train.length, task.test.length]).toEqual([4, 3]);
});

test('without any: what there is, and what to do', async () => {
  const rest = 'and name the folder with --task FOLDER.';
  const start = 'The data set owner/name has no parquet files, neither in main nor in refs/convert/parquet.';
  hub.behaviour.files = { ...README, 'images/a.jpg': Uint8Array.of(1) };
  expect(await refusal('hf:owner/name')).toBe(
    `${start} It has image files (images/a.jpg): download them, ${rest}`,
  );
  hub.behaviour.files = { ...README, 'train.zip': Uint8Array.of(1) };
  expect(await refusal('hf:owner/name')).toBe(
    `${start} It has archives (train.zip): download and unpack them, ${rest}`,
  );
  hub.behaviour.files = README;
  expect(await refusal('hf:owner/name')).toBe(`${start} Its files: README.md. Download them, ${rest}`);
});

test('out of reach: what is in the cache, or was put there by hand, is used', async () => {
  const task = await loadTask('hf:owner/name', { cache });
  vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
  expect((await loadTask('hf:owner/name', { cache })).fingerprint).toBe(task.fingerprint);
  cache = temporaryFolder();
  expect(await refusal('hf:owner/name')).toContain(`put them below ${join(cache, 'data', 'owner/name')}`);
  cpSync(byPython('hugging-face'), join(cache, 'data', 'owner/name'), { recursive: true });
  const byHand = await loadTask('hf:owner/name', { cache });
  expect([byHand.train.length, byHand.test.length]).toEqual([9, 3]);
});

test('damage on the way is found', async () => {
  hub.behaviour.corrupt = true;
  expect(await refusal('hf:owner/name')).toContain('expected the SHA-256 checksum');
});

test.each(['hf:name', 'hf:owner/name/more', 'hf:owner/name:', 'hf:../name@main@x'])(
  '%s is no name of a data set',
  async (place) => {
    expect(await refusal(place)).toBe(
      `Expected hf:OWNER/NAME[:CONFIG][@REVISION] for --task, received '${place}'.`,
    );
    expect(hub.requests).toEqual([]);
  },
);
