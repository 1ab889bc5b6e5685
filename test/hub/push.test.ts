import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pushFolder, repositoryNamed } from '../../src/hub/index.js';
import { temporaryFolder, write } from '../data/fixtures.js';

/** A hub as far as pushing goes: it keeps large files by checksum, small ones and pointers by commit. */
class WritableHub {
  status: number | undefined;
  isThere = false;
  created: { name: string; organization: string; visibility: string } | undefined;
  readonly objects = new Map<string, Buffer>();
  readonly files = new Map<string, Buffer>();
  summary = '';
  readonly #server = createServer(async (request, response) => {
    const answer = (body: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const body = await content(request);
    const path = request.url ?? '';
    const isUpload = path.startsWith('/objects/');
    if (!isUpload && request.headers.authorization !== 'Bearer hf_secret')
      return answer({ error: 'no token' }, 401);
    if (this.status !== undefined) return answer({ error: 'refused' }, this.status);
    if (path === '/api/repos/create') {
      if (this.isThere) return answer({ error: 'You already created this model repo' }, 409);
      this.created = JSON.parse(body.toString());
      return answer({ url: 'here', id: 'owner/model' });
    }
    if (path === '/api/models/owner/model/preupload/main') {
      const { files } = JSON.parse(body.toString()) as { files: { path: string; size: number }[] };
      return answer({
        files: files.map((file) => ({ path: file.path, uploadMode: file.size > 1000 ? 'lfs' : 'regular' })),
      });
    }
    if (path === '/owner/model.git/info/lfs/objects/batch') {
      const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
      return answer({
        transfer: 'basic',
        objects: objects.map(({ oid, size }) => ({
          oid,
          size,
          actions: { upload: { href: `${this.url}/objects/${oid}`, header: {} } },
        })),
      });
    }
    if (isUpload) {
      this.objects.set(path.slice('/objects/'.length), body);
      return answer({});
    }
    if (path === '/api/models/owner/model/commit/main') {
      for (const line of body.toString().split('\n')) {
        const { key, value } = JSON.parse(line);
        if (key === 'header') this.summary = value.summary;
        else if (key === 'lfsFile') this.files.set(value.path, this.objects.get(value.oid)!);
        else this.files.set(value.path, Buffer.from(value.content, value.encoding));
      }
      return answer({ commitOid: 'c'.repeat(40), commitUrl: 'here' });
    }
    return answer({ error: `no ${path}` }, 404);
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  start(): Promise<void> {
    return new Promise((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function content(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

let hub: WritableHub;
const hubs: WritableHub[] = [];
let folder: string;
const large = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) % 251));

beforeEach(async () => {
  hub = new WritableHub();
  hubs.push(hub);
  await hub.start();
  folder = temporaryFolder();
  write(join(folder, 'README.md'), '# A model\n');
  write(join(folder, 'variables', 'variables.data'), large);
  vi.stubEnv('HF_ENDPOINT', hub.url);
  vi.stubEnv('HF_TOKEN', 'hf_secret');
  vi.stubEnv('HF_HUB_OFFLINE', '');
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => {
  for (const each of hubs) each.stop();
});

test('all files come there in one commit, byte for byte, into a private repository that is made for them', async () => {
  const said: string[] = [];
  const pushed = await pushFolder(folder, 'hf:owner/model', {
    title: 'Upload digits',
    onProgress: (text) => said.push(text),
  });
  expect(pushed).toEqual({ url: `${hub.url}/owner/model`, commit: 'c'.repeat(40), files: 2 });
  expect([...hub.files.keys()].sort()).toEqual(['README.md', 'variables/variables.data']);
  expect(hub.files.get('variables/variables.data')).toEqual(large);
  expect(hub.objects.has(createHash('sha256').update(large).digest('hex'))).toBe(true);
  expect(hub.files.get('README.md')!.toString()).toBe('# A model\n');
  expect(hub.summary).toBe('Upload digits');
  expect(hub.created).toMatchObject({ name: 'model', organization: 'owner', visibility: 'private' });
  expect(said.join()).toContain('2 files');
  expect(said.join()).not.toContain('secret');
});

test('a repository that is there is used, and a public one is made where that is asked for', async () => {
  hub.isThere = true;
  expect((await pushFolder(folder, 'owner/model')).files).toBe(2);
  hub.isThere = false;
  await pushFolder(folder, 'owner/model', { isPrivate: false });
  expect(hub.created?.visibility).toBe('public');
});

test('no token, a wrong one, a refusal, no hub, and places that are none: each says what to do', async () => {
  hub.status = 403;
  await expect(pushFolder(folder, 'hf:owner/model')).rejects.toThrow(
    /403.*HF_TOKEN may not write to owner\/model/,
  );
  vi.stubEnv('HF_TOKEN', '');
  await expect(pushFolder(folder, 'hf:owner/model')).rejects.toThrow(/set HF_TOKEN/);
  vi.stubEnv('HF_TOKEN', 'secret');
  await expect(pushFolder(folder, 'hf:owner/model')).rejects.toThrow(/begin with hf_/);
  vi.stubEnv('HF_TOKEN', 'hf_other');
  hub.status = undefined;
  await expect(pushFolder(folder, 'hf:owner/model')).rejects.toThrow(/401/);
  vi.stubEnv('HF_TOKEN', 'hf_secret');
  hub.stop();
  await expect(pushFolder(folder, 'hf:owner/model')).rejects.toThrow(
    /could not be reached .*nothing was pushed/,
  );
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  await expect(pushFolder(folder, 'hf:owner/model')).rejects.toThrow(/HF_HUB_OFFLINE is set/);
  for (const wrong of ['owner', 'hf:owner/model/file', 'https://here/owner/model', 'hf:../model/x'])
    expect(() => repositoryNamed(wrong)).toThrow(/hf:OWNER\/REPO/);
});
