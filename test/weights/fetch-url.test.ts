import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { fetchModelUrl } from '../../src/weights/fetch-url.js';
import { importBase } from '../../src/weights/import-base.js';
import { writeLayersModel } from '../../src/weights/tfjs-layers.js';
import { smallModel } from '../train/small-network.js';
import { topologyWeights } from './source-weights.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const saved = join(folder.path, 'saved');
const given = smallModel({ weights: topologyWeights(smallModel().topology) });
await writeLayersModel(saved, given);

let asked: string[] = [];
let files: Record<string, Uint8Array | string> = {};
async function serve(): Promise<{ url: string; close(): void }> {
  const server = createServer(({ url: address = '' }, response) => {
    asked.push(address);
    const file = files[new URL(address, 'http://x').pathname.replace(/^\/m\//, '')];
    response.writeHead(file === undefined ? 404 : 200);
    response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  afterAll(close);
  return { url: `http://127.0.0.1:${port}/m/model.json?tfjs-format=file`, close };
}
const { url } = await serve();

let cache: string;
let count = 0;
let said: string[];
const options = () => ({ cache, onProgress: (line: string) => said.push(line) });

beforeEach(() => {
  count += 1;
  cache = join(folder.path, `cache${count}`);
  [asked, said] = [[], []];
  files = Object.fromEntries(readdirSync(saved).map((name) => [name, readFileSync(join(saved, name))]));
});

async function refusal(address: string): Promise<string> {
  const error: unknown = await fetchModelUrl(address, options()).catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

test('brings a tfjs model with its shards, once', async () => {
  const model = await importBase(url, options());
  expect([model.labels, model.preprocessing, model.origin]).toEqual([given.labels, given.preprocessing, url]);
  expect(model.weights.get('predictions/kernel')?.data).toEqual(
    given.weights.get('predictions/kernel')?.data,
  );
  const shards = asked.filter((address) => address.includes('.bin'));
  expect(shards.length).toBeGreaterThan(0);
  for (const shard of shards) expect(shard).toMatch(/\?tfjs-format=file$/);
  asked = [];
  await importBase(url, options());
  expect(asked.map((address) => address.split('?')[0])).toEqual(['/m/model.json']);
});

test('brings it anew where it has changed', async () => {
  const path = await fetchModelUrl(url, options());
  const shard = readdirSync(dirname(path)).find((name) => name.endsWith('.bin'))!;
  files['model.json'] = `${files['model.json']} `;
  files[shard] = 'other';
  await fetchModelUrl(url, options());
  expect(readFileSync(join(dirname(path), shard), 'utf8')).toBe('other');
});

test('does not leave a model with weights of another', async () => {
  const path = await fetchModelUrl(url, options());
  files = { 'model.json': `${files['model.json']} ` };
  expect(await refusal(url)).toMatch(/Could not download .*\.bin.*the server answered 404/);
  expect(existsSync(path)).toBe(false);
});

test('uses what is here where the network is out of reach, and says so', async () => {
  const other = await serve();
  const path = await fetchModelUrl(other.url, options());
  other.close();
  said = [];
  expect(await fetchModelUrl(other.url, options())).toBe(path);
  expect(said).toEqual([
    expect.stringMatching(/^Could not download .* What was downloaded before is used\.$/),
  ]);
  cache = `${cache}b`;
  expect(await refusal(other.url)).toMatch(/^Could not download http:\/\/127\.0\.0\.1:\d+\/m\/model\.json/);
});

test('refuses what is no model, and paths that lead elsewhere', async () => {
  files['model.json'] = 'hello';
  expect(await refusal(url)).toContain(
    'is no tfjs model: expected a model.json that lists its files of weights',
  );
  expect(await refusal(url.replace('model.json', 'other.json'))).toMatch(/answered 404. Check the address/);
  for (const path of ['../../evil.bin', '/etc/evil', 'http://elsewhere/x.bin', 'a\\b']) {
    files['model.json'] = JSON.stringify({ weightsManifest: [{ paths: [path], weights: [] }] });
    expect(await refusal(url)).toContain('Expected a relative path without ..');
  }
});
