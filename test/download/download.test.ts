import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type DownloadProgress, download } from '../../src/download/download.js';
import { serve, temporaryFolder, write } from '../data/fixtures.js';

const CONTENT = Buffer.from(Uint8Array.from({ length: 400_000 }, (_, i) => (i * i) % 251));
const md5 = createHash('md5').update(CONTENT).digest('hex');
const quick = { pause: 1 };

/** Sends the content from the byte that the range asks for, as a server that can continue does. */
function sendFrom(response: ServerResponse, range: string | undefined, end = CONTENT.length): void {
  const from = range ? Number(/^bytes=(\d+)-$/.exec(range)![1]) : 0;
  const headers: Record<string, string> = { 'content-length': String(CONTENT.length - from) };
  if (range) headers['content-range'] = `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}`;
  response.writeHead(range ? 206 : 200, headers);
  if (end === CONTENT.length) response.end(CONTENT.subarray(from));
  // Long enough for the client to take all that was written, on a busy machine too.
  else response.write(CONTENT.subarray(from, end), () => setTimeout(() => response.destroy(), 500));
}

const remote = (url: string, sum = md5) => ({ url: `${url}/file.bin`, bytes: CONTENT.length, md5: sum });

test('downloads with progress and leaves nothing aside', async () => {
  const { url } = await serve((request, response) => sendFrom(response, request.headers.range));
  const path = join(temporaryFolder(), 'file.bin');
  const progress: DownloadProgress[] = [];
  await download(remote(url), path, { onProgress: (p) => progress.push(p) });
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(existsSync(`${path}.part`)).toBe(false);
  expect(progress.at(-1)).toEqual({
    url: `${url}/file.bin`,
    received: CONTENT.length,
    total: CONTENT.length,
  });
  expect(progress.every((p, i) => i === 0 || p.received > progress[i - 1]!.received)).toBe(true);
});

test('asks for the bytes as they are, not encoded for the way', async () => {
  let encoding: string | undefined;
  const { url } = await serve((request, response) => {
    encoding = request.headers['accept-encoding'] as string;
    sendFrom(response, request.headers.range);
  });
  await download(remote(url), join(temporaryFolder(), 'file.bin'));
  expect(encoding).toBe('identity');
});

test('continues where the connection was cut', async () => {
  const { url, ranges } = await serve((request, response, nth) =>
    sendFrom(response, request.headers.range, nth === 1 ? 150_000 : CONTENT.length),
  );
  const path = join(temporaryFolder(), 'file.bin');
  await download(remote(url), path, quick);
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(ranges).toEqual([undefined, 'bytes=150000-']);
});

test('continues what an earlier call left', async () => {
  const { url, ranges } = await serve((request, response) => sendFrom(response, request.headers.range));
  const path = join(temporaryFolder(), 'file.bin');
  write(`${path}.part`, CONTENT.subarray(0, 399_000));
  await download(remote(url), path);
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(ranges).toEqual(['bytes=399000-']);
});

test('needs no connection where an earlier call left all of it', async () => {
  const path = join(temporaryFolder(), 'file.bin');
  write(`${path}.part`, CONTENT);
  await download(remote('http://127.0.0.1:1'), path, quick);
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
});

test('starts over with a server that cannot continue', async () => {
  const { url, ranges } = await serve((_, response, nth) =>
    sendFrom(response, undefined, nth === 1 ? 150_000 : CONTENT.length),
  );
  const path = join(temporaryFolder(), 'file.bin');
  await download(remote(url), path, quick);
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(ranges).toEqual([undefined, 'bytes=150000-']);
});

test('starts over when the server refuses the range', async () => {
  const { url, ranges } = await serve((request, response) => {
    if (request.headers.range) response.writeHead(416).end();
    else sendFrom(response, undefined);
  });
  const path = join(temporaryFolder(), 'file.bin');
  write(`${path}.part`, CONTENT.subarray(0, 1000));
  await download(remote(url), path, quick);
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(ranges).toEqual(['bytes=1000-', undefined]);
});

test('refuses other content, and does not keep it', async () => {
  const { url } = await serve((request, response) => sendFrom(response, request.headers.range));
  const path = join(temporaryFolder(), 'file.bin');
  const error = await download(remote(url, 'a'.repeat(32)), path).catch((e: Error) => e);
  expect(error).toMatchObject({
    name: 'InputError',
    message: `Could not download ${url}/file.bin: expected the MD5 checksum ${'a'.repeat(32)}, received ${md5}. The file was removed; try again.`,
  });
  expect(existsSync(path) || existsSync(`${path}.part`)).toBe(false);
});

test('refuses a file that is too large without taking all of it', async () => {
  const { url, ranges } = await serve((request, response) => sendFrom(response, request.headers.range));
  const path = join(temporaryFolder(), 'file.bin');
  await expect(download({ ...remote(url), bytes: 1000 }, path, quick)).rejects.toThrow(
    'it is larger than the 1000 bytes expected',
  );
  expect(ranges.length).toBe(1);
  expect(existsSync(path) || existsSync(`${path}.part`)).toBe(false);
});

test('a 404 is final', async () => {
  const { url, ranges } = await serve((_, response) => response.writeHead(404).end('no'));
  const path = join(temporaryFolder(), 'file.bin');
  await expect(download(remote(url), path, quick)).rejects.toThrow(
    `Could not download ${url}/file.bin: the server answered 404 Not Found.`,
  );
  expect(ranges.length).toBe(1);
});

test('a 503 is tried again, and given up after the attempts', async () => {
  const { url, ranges } = await serve((request, response, nth) =>
    nth < 3 ? void response.writeHead(503).end() : sendFrom(response, request.headers.range),
  );
  await download(remote(url), join(temporaryFolder(), 'file.bin'), quick);
  expect(ranges.length).toBe(3);

  const down = await serve((_, response) => response.writeHead(503).end());
  await expect(
    download(remote(down.url), join(temporaryFolder(), 'file.bin'), { ...quick, attempts: 2 }),
  ).rejects.toThrow('the server answered 503');
  expect(down.ranges.length).toBe(2);
});

test('a server that cannot be reached: the address and the reason', async () => {
  await expect(
    download(remote('http://127.0.0.1:1'), join(temporaryFolder(), 'file.bin'), { ...quick, attempts: 1 }),
  ).rejects.toThrow(/Could not download http:\/\/127\.0\.0\.1:1\/file\.bin: fetch failed \(.+\)\./);
});
