import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InputError } from '../../src/errors.js';
import { fetchHubFile } from '../../src/hub/index.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { COMMIT, gitBlob, sha256, startHub } from './local-hub.js';

const folder = temporaryFolder();
const hub = await startHub();
const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const config = new TextEncoder().encode('{"architecture":"x"}');
const wanted = { repository: 'owner/name', file: 'model.safetensors' };

let cache: string;
let count = 0;
let messages: string[];
const onProgress = (message: string) => messages.push(message);
const fetchIt = (file = wanted.file, revision = 'main') =>
  fetchHubFile({ ...wanted, file, revision }, { cache, onProgress });
const repository = () => join(cache, 'huggingface', 'hub', 'models--owner--name');

beforeEach(() => {
  count += 1;
  cache = join(folder.path, `cache${count}`);
  messages = [];
  hub.requests.length = 0;
  hub.behaviour = { files: { 'model.safetensors': weights, 'config.json': config } };
  vi.stubEnv('HF_ENDPOINT', `${hub.url}/`);
  for (const name of [
    'HF_HOME',
    'HF_HUB_CACHE',
    'HUGGINGFACE_HUB_CACHE',
    'XDG_CACHE_HOME',
    'HF_TOKEN',
    'HF_HUB_OFFLINE',
    'SAM_FINETUNE_CACHE',
  ])
    vi.stubEnv(name, '');
});
afterEach(() => vi.unstubAllEnvs());

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

describe('a file', () => {
  test('goes into the cache as the Python client lays it out', async () => {
    const path = await fetchIt();
    expect(path).toBe(join(repository(), 'snapshots', COMMIT, 'model.safetensors'));
    expect(new Uint8Array(readFileSync(path))).toEqual(weights);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readlinkSync(path)).toBe(join('..', '..', 'blobs', sha256(weights)));
    expect(readFileSync(join(repository(), 'refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(readdirSync(join(repository(), 'blobs'))).toEqual([sha256(weights)]);
    expect(messages[0]).toBe('Fetching model.safetensors of owner/name (293 kB)');
    expect(messages.at(-1)).toBe('Fetching model.safetensors of owner/name: 100 %');
  });

  test('that is small is named and checked by what git names it', async () => {
    const path = await fetchIt('config.json');
    expect(readlinkSync(path)).toContain(gitBlob(config));
    hub.behaviour.corrupt = true;
    hub.behaviour.files['config.json'] = new TextEncoder().encode('{"architecture":"y"}');
    cache = `${cache}b`;
    expect(await refusal(fetchIt('config.json'))).toContain('expected the git checksum');
  });

  test('that is in the cache is used without asking', async () => {
    const path = await fetchIt();
    hub.requests.length = 0;
    expect(await fetchIt()).toBe(path);
    expect(hub.requests).toEqual([]);
  });

  test('that Python downloaded is found where its variables say', async () => {
    for (const [name, below] of [
      ['HF_HUB_CACHE', ''],
      ['HUGGINGFACE_HUB_CACHE', ''],
      ['HF_HOME', 'hub'],
      // Where a cache is named for this project, that counts; else the usual place, which moves with XDG_CACHE_HOME.
      ['XDG_CACHE_HOME', 'huggingface/hub'],
    ] as const) {
      const home = join(folder.path, `${name}-home`);
      const path = join(home, below, 'models--owner--name', 'snapshots', COMMIT, 'model.safetensors');
      for (const [file, content] of [
        [path, weights],
        [join(home, below, 'models--owner--name', 'refs', 'main'), COMMIT],
      ] as const) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
      vi.stubEnv(name, home);
      const options = name === 'XDG_CACHE_HOME' ? {} : { cache };
      expect(await fetchHubFile(wanted, { ...options, onProgress })).toBe(path);
      vi.stubEnv(name, '');
    }
    expect(hub.requests).toEqual([]);
  });

  test('of another revision has a commit of its own', async () => {
    await fetchIt('config.json', 'v1');
    expect(readFileSync(join(repository(), 'refs', 'v1'), 'utf8')).toBe(COMMIT);
    expect(await fetchIt('config.json', COMMIT)).toContain(COMMIT);
  });

  test.each(['../x', '/etc/passwd', 'a/../../b', 'a\\b'])(
    'named %s does not lead out of the cache',
    async (file) => {
      expect(await refusal(fetchIt(file))).toContain('Expected a relative path without ..');
      expect(hub.requests).toEqual([]);
    },
  );
});

describe('a download', () => {
  test('that is cut goes on where it was, and leaves nothing aside', async () => {
    hub.behaviour.cuts = [100_000, 200_000];
    const path = await fetchIt();
    expect(new Uint8Array(readFileSync(path))).toEqual(weights);
    const ranges = hub.requests.filter(({ path: p }) => p === '/model.safetensors').map(({ range }) => range);
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
    expect(readdirSync(join(repository(), 'blobs'))).toEqual([sha256(weights)]);
  });

  test('that an earlier call left goes on', async () => {
    const blob = join(repository(), 'blobs', sha256(weights));
    mkdirSync(dirname(blob), { recursive: true });
    writeFileSync(`${blob}.incomplete`, weights.subarray(0, 123_456));
    expect(new Uint8Array(readFileSync(await fetchIt()))).toEqual(weights);
    expect(hub.requests.at(-1)?.range).toBe('bytes=123456-');
  });

  test('with other bytes than the checksum says is refused and removed', async () => {
    hub.behaviour.corrupt = true;
    const message = await refusal(fetchIt());
    expect(message).toContain(`expected the SHA-256 checksum ${sha256(weights)}`);
    expect(message).toContain('--weights PATH');
    expect(readdirSync(join(repository(), 'blobs'))).toEqual([]);
    expect(existsSync(join(repository(), 'snapshots'))).toBe(false);
  });

  test('brings the token to the hub, and not to where it redirects', async () => {
    hub.behaviour.token = 'secret';
    vi.stubEnv('HF_TOKEN', 'secret');
    await fetchIt();
    const authorized = hub.requests.map(({ path, authorization }) => [path.split('/')[1], authorization]);
    expect(authorized).toEqual([
      ['api', 'Bearer secret'],
      ['api', 'Bearer secret'],
      ['owner', 'Bearer secret'],
      ['model.safetensors', undefined],
    ]);
  });
});

describe('says what to do', () => {
  const ways = () => [
    `${hub.url}/owner/name/resolve/main/model.safetensors`,
    join(cache, 'weights', 'owner', 'name', 'model.safetensors'),
    '--weights PATH',
  ];
  const expectRefusal = async (reason: RegExp) => {
    const message = await refusal(fetchIt());
    expect(message).toMatch(reason);
    for (const way of ways()) expect(message).toContain(way);
  };

  test('where a token is needed, or is the wrong one', async () => {
    hub.behaviour.token = 'secret';
    await expectRefusal(/answered 401: there is no repository owner\/name, or it needs a token in HF_TOKEN/);
    vi.stubEnv('HF_TOKEN', 'other');
    await expectRefusal(/the token in HF_TOKEN may not read it/);
  });

  test('where conditions must be accepted', async () => {
    hub.behaviour.status = 403;
    await expectRefusal(/answered 403: accept the conditions on the page of owner\/name/);
  });

  test('where there is no such repository', async () => {
    hub.behaviour.status = 404;
    await expectRefusal(/answered 404: there is no repository owner\/name with a revision main/);
  });

  test('where the hub fails', async () => {
    hub.behaviour.status = 503;
    await expectRefusal(/the hub answered 503/);
  });

  test('where there is no such file: the nearest', async () => {
    expect(await refusal(fetchIt('model.safetensor'))).toContain(
      "Unknown file of owner/name 'model.safetensor'. Did you mean 'model.safetensors'?",
    );
  });

  test('where the network is out of reach', async () => {
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
    const message = await refusal(fetchIt());
    expect(message).toMatch(/could not be fetched from the Hugging Face hub: fetch failed/);
    expect(message).toContain(join(cache, 'weights', 'owner', 'name', 'model.safetensors'));
  });

  test('where HF_HUB_OFFLINE is set, without asking', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expectRefusal(/HF_HUB_OFFLINE is set, and it is not in the cache/);
    expect(hub.requests).toEqual([]);
  });

  test('and takes the file that is then put there', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    const path = join(cache, 'weights', 'owner', 'name', 'model.safetensors');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, weights);
    expect(await fetchIt()).toBe(path);
  });
});
