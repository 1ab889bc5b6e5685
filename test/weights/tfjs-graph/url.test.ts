import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isGraphModel, readGraphModel } from '../../../src/weights/tfjs-graph/index.js';
import { mobileGraph } from '../../model/graph/graph-builder.js';
import { differing } from '../../train/run-steps.js';
import { temporaryFolder } from '../temporary-folder.js';
import { writeGraphFolder } from './graph-folder.js';

const folder = temporaryFolder();
let server: Server;
let origin: string;
const requests: string[] = [];

beforeAll(async () => {
  const base = writeGraphFolder(join(folder.path, 'model'), mobileGraph(), { shardBytes: 500 });
  writeGraphFolder(join(folder.path, 'outside'), mobileGraph(), {
    change: (json) => {
      json.weightsManifest = [
        { ...(json.weightsManifest as object[])[0], paths: ['../model/group1-shard1of1.bin'] },
      ];
    },
  });
  writeGraphFolder(join(folder.path, 'elsewhere'), mobileGraph(), {
    change: (json) => {
      json.weightsManifest = [
        { ...(json.weightsManifest as object[])[0], paths: ['http://127.0.0.1:9/shard.bin'] },
      ];
    },
  });
  writeGraphFolder(join(folder.path, 'huge'), mobileGraph(), {
    change: (json) => {
      const [group] = json.weightsManifest as { weights: { shape: number[] }[] }[];
      group!.weights[0]!.shape = [1e12];
    },
  });
  server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://localhost');
    requests.push(pathname + search);
    const send = (path: string, bytes = readFileSync(path)) => response.end(bytes);
    const name = pathname.split('/').at(-1)!;
    if (pathname.startsWith('/hub/') && !search) return response.writeHead(404).end();
    if (pathname.startsWith('/moved/')) {
      return response.writeHead(302, { location: `/model/${name}` }).end();
    }
    if (pathname.startsWith('/short/') && name.endsWith('.bin')) {
      return send(join(base, name), readFileSync(join(base, name)).subarray(0, 100));
    }
    if (pathname.startsWith('/long/') && name.endsWith('.bin')) {
      return send(join(base, name), Buffer.concat([readFileSync(join(base, name)), Buffer.alloc(10)]));
    }
    if (pathname.startsWith('/lost/') && /shard2/.test(name)) return response.writeHead(503).end('later');
    if (pathname.startsWith('/silent/') && name.endsWith('.bin')) return undefined;
    if (pathname.startsWith('/page/')) return send('', Buffer.from('<html>'));
    try {
      const own = /^\/(outside|elsewhere|huge)\//.exec(pathname)?.[1];
      return send(join(own ? join(folder.path, own) : base, name));
    } catch {
      return response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  ['its model.json', '/model/model.json'],
  ['one that has moved', '/moved/model.json'],
  ['TensorFlow Hub', '/hub/google/classification/1'],
  ['one with a query', '/hub/google/model.json?tfjs-format=file'],
])('an address is read like a folder: %s', async (_, path) => {
  expect(isGraphModel(origin + path)).toBe(true);
  const local = await readGraphModel(join(folder.path, 'model'));
  const remote = await readGraphModel(origin + path);
  expect(differing(remote.weights, local.weights)).toEqual([]);
  expect(remote.topology).toEqual(local.topology);
});

test('shards lie beside the model.json and get its query', async () => {
  requests.length = 0;
  await readGraphModel(`${origin}/hub/google/classification/1?tfjs-format=file`);
  expect(requests[0]).toBe('/hub/google/classification/1/model.json?tfjs-format=file');
  expect(requests[1]).toMatch(
    /^\/hub\/google\/classification\/1\/group1-shard1of\d+\.bin\?tfjs-format=file$/,
  );
});

test.each([
  ['nothing there', '/model/none.json', 'the server answered 404. Check the address.'],
  ['no JSON', '/page/model.json', 'is no JSON: expected the address of a tfjs model.json'],
  ['a shard that is lost', '/lost/model.json', 'the server answered 503. Try later'],
  ['shards that are too short', '/short/model.json', 'expected '],
  ['shards that are too long', '/long/model.json', 'they are of another model'],
  [
    'a shard outside',
    '/outside/model.json',
    "names the shard '../model/group1-shard1of1.bin', which does not lie beside it",
  ],
  [
    'a shard elsewhere',
    '/elsewhere/model.json',
    "names the shard 'http://127.0.0.1:9/shard.bin', which does not lie beside it",
  ],
  ['a size that is a mere claim', '/huge/model.json', 'end at byte'],
])('an address is refused by name: %s', async (_, path, message) => {
  const failed = readGraphModel(origin + path);
  await expect(failed).rejects.toThrow(message);
  await expect(failed).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringContaining(origin),
  });
});

test('a server that says nothing is not waited for', async () => {
  const failed = readGraphModel(`${origin}/silent/model.json`, { timeoutMs: 200 });
  await expect(failed).rejects.toThrow(
    /Could not read .*shard1of\d+\.bin: no answer for 0\.2 s\. Check the connection/,
  );
});

test('an address that cannot be reached names the way out', async () => {
  await expect(readGraphModel('http://127.0.0.1:9/model.json')).rejects.toThrow(
    /Could not read http:\/\/127\.0\.0\.1:9\/model\.json: .* download the model and give the path of its folder/,
  );
});
