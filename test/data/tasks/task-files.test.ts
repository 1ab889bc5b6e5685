import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesOf, provideFiles, type TaskFiles } from '../../../src/data/tasks/task-files.js';
import type { DownloadProgress } from '../../../src/download/index.js';
import { serve, temporaryFolder, write } from '../fixtures.js';
import { packed, served, withContents } from './image-sets.js';

const TASK: TaskFiles = {
  title: 'Things',
  folder: 'things',
  files: [
    { url: 'http://127.0.0.1:9/pictures.tgz', bytes: 1, folder: 'pictures', holds: ['red', 'blue'] },
    { url: 'http://127.0.0.1:9/labels.mat', bytes: 1, elsewhere: 'devkit/labels.mat' },
  ],
};
const quick = { attempts: 1, pause: 1 };

function writeThings(folder = temporaryFolder()): string {
  write(join(folder, 'pictures/red/1.jpg'), 'r');
  write(join(folder, 'pictures/blue/1.jpg'), 'b');
  write(join(folder, 'labels.mat'), 'labels');
  return folder;
}

test('downloads and unpacks what a task is made of, and then needs no server', async () => {
  const { task, ranges } = await served(TASK, writeThings());
  const cache = temporaryFolder();
  const told: DownloadProgress[] = [];
  const paths = await provideFiles(task, { cache, onProgress: (progress) => told.push(progress) });
  expect(paths).toEqual([join(cache, 'data/things/pictures'), join(cache, 'data/things/labels.mat')]);
  expect(readFileSync(join(paths[0]!, 'blue/1.jpg'), 'utf8')).toBe('b');
  expect(readdirSync(join(cache, 'data/things')).sort()).toEqual(['labels.mat', 'pictures']);
  expect(told.filter(({ unpacking }) => unpacking).at(-1)).toMatchObject({
    received: task.files[0]!.bytes,
    total: task.files[0]!.bytes,
  });
  expect(await provideFiles(task, { cache })).toEqual(paths);
  expect(ranges.length).toBe(2);
  expect(bytesOf(task)).toBe(task.files[0]!.bytes + 6);
});

test('continues a download that was interrupted', async () => {
  const contents = packed(TASK, writeThings());
  const { url, ranges } = await serve((request, response) => {
    const content = contents[request.url!.slice(1)]!;
    const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? range : {}).end(content.subarray(from));
  });
  const cache = temporaryFolder();
  write(join(cache, 'data/things/pictures.tgz.part'), contents['pictures.tgz']!.subarray(0, 30));
  const [pictures] = await provideFiles(withContents(TASK, contents, url), { cache });
  expect(existsSync(join(pictures!, 'red/1.jpg'))).toBe(true);
  expect(ranges).toEqual(['bytes=30-', undefined]);
});

describe('put there by hand', () => {
  test('into the cache: archives are checked, unpacked and left', async () => {
    const contents = packed(TASK, writeThings());
    const task = withContents(TASK, contents, 'http://127.0.0.1:9');
    const cache = temporaryFolder();
    for (const [name, content] of Object.entries(contents)) write(join(cache, 'data/things', name), content);
    const [pictures] = await provideFiles(task, { cache });
    expect(readdirSync(pictures!).sort()).toEqual(['blue', 'red']);
    expect(readdirSync(join(cache, 'data/things')).sort()).toEqual([
      'labels.mat',
      'pictures',
      'pictures.tgz',
    ]);
  });

  test('into the cache: another archive under that name', async () => {
    const task = withContents(TASK, packed(TASK, writeThings()), 'http://127.0.0.1:9');
    const cache = temporaryFolder();
    const file = write(join(cache, 'data/things/pictures.tgz'), 'short');
    await expect(provideFiles(task, { cache })).rejects.toThrow(
      `${file} is not the file of http://127.0.0.1:9/pictures.tgz: expected ${task.files[0]!.bytes} bytes, received 5. Remove it and try again.`,
    );
  });

  test.each([
    ['the folder that holds all', ''],
    ['the folder above it', 'things'],
  ])('unpacked, as %s', async (_, below) => {
    const data = temporaryFolder();
    writeThings(join(data, below));
    expect(await provideFiles(TASK, { data, cache: '/nowhere' })).toEqual([
      join(data, below, 'pictures'),
      join(data, below, 'labels.mat'),
    ]);
  });

  test('the folder of the archive itself, known by what it holds, and a file elsewhere', async () => {
    const data = temporaryFolder();
    for (const colour of ['red', 'blue']) write(join(data, colour, '1.jpg'), '');
    const labels = write(join(data, 'devkit/labels.mat'), '');
    expect(await provideFiles(TASK, { data, cache: '/nowhere' })).toEqual([data, labels]);
  });

  test('archives in a folder of the user: unpacked into the cache, nothing is written beside them', async () => {
    const contents = packed(TASK, writeThings());
    const task = withContents(TASK, contents, 'http://127.0.0.1:9');
    const [data, cache] = [temporaryFolder(), temporaryFolder()];
    for (const [name, content] of Object.entries(contents)) write(join(data, name), content);
    expect(await provideFiles(task, { data, cache })).toEqual([
      join(cache, 'data/things/pictures'),
      join(data, 'labels.mat'),
    ]);
    expect(readdirSync(data).sort()).toEqual(['labels.mat', 'pictures.tgz']);
    const other = write(join(data, 'pictures.tgz'), 'short');
    await expect(provideFiles(task, { data, cache: temporaryFolder() })).rejects.toThrow(
      `${other} is not the file of`,
    );
  });
});

describe('errors', () => {
  const HOW = (cache: string, url: string) =>
    `Without a connection: put Things's files pictures.tgz (1 bytes, from ${url}/pictures.tgz), labels.mat (1 bytes, from ${url}/labels.mat) ` +
    `into ${join(cache, 'data/things')}, or into any folder and name it with --data DIR.`;

  test('a server that does not have it, and one that cannot be reached', async () => {
    const { url } = await serve((_, response) => response.writeHead(404).end());
    const cache = temporaryFolder();
    const gone = {
      ...TASK,
      files: TASK.files.map((file) => ({ ...file, url: file.url.replace(/^.*:9/, url) })),
    };
    const failure = provideFiles(gone, { cache, ...quick });
    await expect(failure).rejects.toThrow('the server answered 404 Not Found.');
    await expect(failure).rejects.toThrow(HOW(cache, url));
    await expect(provideFiles(TASK, { cache, ...quick })).rejects.toThrow(HOW(cache, 'http://127.0.0.1:9'));
  });

  test('a checksum that does not match: nothing is unpacked', async () => {
    const { task } = await served(TASK, writeThings());
    const files = task.files.map((file) => ({ ...file, sha256: '0'.repeat(64) }));
    const cache = temporaryFolder();
    await expect(provideFiles({ ...task, files }, { cache })).rejects.toThrow(
      `expected the SHA-256 checksum ${'0'.repeat(64)}, received ${(task.files[0] as { sha256: string }).sha256}`,
    );
    expect(readdirSync(join(cache, 'data/things'))).toEqual([]);
  });

  test('files that a folder lacks', async () => {
    const data = temporaryFolder();
    mkdirSync(join(data, 'things/pictures'), { recursive: true });
    await expect(provideFiles(TASK, { data, cache: '/nowhere' })).rejects.toThrow(
      `No Things in ${join(data, 'things')}: it lacks labels.mat. Put them there from http://127.0.0.1:9/, or leave --data out`,
    );
    await expect(provideFiles(TASK, { data: temporaryFolder(), cache: '/nowhere' })).rejects.toThrow(
      'it lacks pictures.tgz, or its folder pictures, labels.mat.',
    );
  });

  test('what nobody serves: which files to put where, and found where they were put', async () => {
    const task = { ...TASK, byHand: 'Ask a friend.' };
    const [cache, data] = [temporaryFolder(), temporaryFolder()];
    const wanted =
      'it lacks pictures.tgz (1 bytes), or its folder pictures, labels.mat (1 bytes). Ask a friend.';
    const directory = join(cache, 'data/things');
    await expect(provideFiles(task, { cache })).rejects.toThrow(`No Things in ${directory}: ${wanted}`);
    await expect(provideFiles(task, { data, cache })).rejects.toThrow(`No Things in ${data}: ${wanted}`);
    await expect(provideFiles(task, { data: '/no/where', cache })).rejects.toThrow(
      "'/no/where'. Ask a friend.",
    );
    writeThings(directory);
    expect(await provideFiles(task, { cache })).toEqual([
      join(directory, 'pictures'),
      join(directory, 'labels.mat'),
    ]);
  });
});
