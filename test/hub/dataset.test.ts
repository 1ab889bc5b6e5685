import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DownloadProgress } from '../../src/download/index.js';
import { InputError } from '../../src/errors.js';
import { fetchFromSnapshot, openSnapshot, snapshotByHand } from '../../src/hub/index.js';
import { temporaryFolder, write } from '../data/fixtures.js';
import { COMMIT, CONVERTED, startHub } from './local-hub.js';

const hub = await startHub();
const rows = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 251);
const repository = { type: 'dataset', name: 'owner/name', revision: 'main' } as const;
let cache: string;

beforeEach(() => {
  cache = temporaryFolder();
  hub.requests.length = 0;
  const small = Uint8Array.of(1, 2);
  hub.behaviour = {
    type: 'dataset',
    files: { 'README.md': small, 'data/train.parquet': rows, 'data/test.parquet': small },
    converted: { 'default/train/0000.parquet': rows.subarray(1) },
  };
  vi.stubEnv('HF_ENDPOINT', hub.url);
  for (const name of ['HF_HOME', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE'])
    vi.stubEnv(name, '');
});
afterEach(() => vi.unstubAllEnvs());

test('a data set is listed page by page, and its files lie where the Python client puts them', async () => {
  const snapshot = await openSnapshot(repository, { cache });
  expect(snapshot.files).toEqual(['README.md', 'data/train.parquet', 'data/test.parquet']);
  const progress: DownloadProgress[] = [];
  const [path] = await fetchFromSnapshot(snapshot, ['data/train.parquet'], {
    cache,
    onDownload: (event) => progress.push(event),
  });
  const root = join(cache, 'huggingface', 'hub', 'datasets--owner--name');
  expect(path).toBe(join(root, 'snapshots', COMMIT, 'data/train.parquet'));
  expect(new Uint8Array(readFileSync(path!))).toEqual(rows);
  expect(progress.at(-1)).toEqual({
    url: `${hub.url}/datasets/owner/name/resolve/${COMMIT}/data/train.parquet`,
    received: 5000,
    total: 5000,
  });
});

test('a revision with slashes is one of its own', async () => {
  const converted = { ...repository, revision: 'refs/convert/parquet' };
  const snapshot = await openSnapshot(converted, { cache });
  expect([snapshot.commit, snapshot.files]).toEqual([CONVERTED, ['default/train/0000.parquet']]);
  const [path] = await fetchFromSnapshot(snapshot, snapshot.files, { cache });
  expect(readFileSync(path!).length).toBe(4999);
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  expect((await openSnapshot(converted, { cache })).folder).toBe(snapshot.folder);
});

test('out of reach: which files go where, and files put there are found', async () => {
  vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
  const error: unknown = await openSnapshot(repository, { cache }).catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  const place = join(cache, 'data', 'owner/name');
  expect((error as Error).message).toMatch(
    /^The data set owner\/name could not be fetched from the Hugging Face hub: fetch failed/,
  );
  expect((error as Error).message).toContain(
    `Fetch the files of http://127.0.0.1:9/datasets/owner/name/tree/main by other means and put them below ${place}, ` +
      'or into any folder and name that with --task FOLDER.',
  );
  expect(await snapshotByHand(repository, { cache })).toBeUndefined();
  write(join(place, 'data', 'train.parquet'), rows);
  expect(await snapshotByHand(repository, { cache })).toMatchObject({
    files: ['data/train.parquet'],
    folder: place,
  });
  expect((await openSnapshot(repository, { cache })).folder).toBe(place);
});
