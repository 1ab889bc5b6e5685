import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { provideArchive } from '../../src/download/archive.js';
import type { DownloadProgress } from '../../src/download/download.js';
import { serve, temporaryFolder, write } from '../data/fixtures.js';

/** A .tar.gz that holds `things/a.txt`. */
function makeArchive() {
  const folder = temporaryFolder();
  write(join(folder, 'things/a.txt'), 'hello');
  execFileSync('tar', ['-czf', join(folder, 'things.tar.gz'), '-C', folder, 'things']);
  const content = readFileSync(join(folder, 'things.tar.gz'));
  return {
    content,
    bytes: content.length,
    md5: createHash('md5').update(content).digest('hex'),
    folder: 'things',
  };
}

test('downloads, unpacks and leaves the folder only; a second call needs no server', async () => {
  const { content, ...archive } = makeArchive();
  const { url, ranges } = await serve((_, response) => response.end(content));
  const directory = join(temporaryFolder(), 'cache/data');
  const remote = { ...archive, url: `${url}/things.tar.gz` };
  expect(await provideArchive(remote, directory)).toBe(join(directory, 'things'));
  expect(readFileSync(join(directory, 'things/a.txt'), 'utf8')).toBe('hello');
  expect(readdirSync(directory)).toEqual(['things']);
  await provideArchive(remote, directory);
  expect(ranges.length).toBe(1);
});

test('uses an archive that was put there, and leaves it', async () => {
  const { content, ...archive } = makeArchive();
  const directory = temporaryFolder();
  write(join(directory, 'things.tar.gz'), content);
  await provideArchive({ ...archive, url: 'http://127.0.0.1:1/things.tar.gz' }, directory);
  expect(readdirSync(directory).sort()).toEqual(['things', 'things.tar.gz']);
});

test('refuses another archive under that name', async () => {
  const { content, ...archive } = makeArchive();
  const directory = temporaryFolder();
  const file = write(join(directory, 'things.tar.gz'), content.subarray(0, 50));
  await expect(
    provideArchive({ ...archive, url: 'http://127.0.0.1:1/things.tar.gz' }, directory),
  ).rejects.toThrow(
    `${file} is not the archive of http://127.0.0.1:1/things.tar.gz: expected ${archive.bytes} bytes, received 50. Remove it`,
  );
});

test('a failed download says which file to put where', async () => {
  const { content: _, ...archive } = makeArchive();
  const { url } = await serve((_request, response) => response.writeHead(404).end());
  const directory = temporaryFolder();
  const error = await provideArchive({ ...archive, url: `${url}/things.tar.gz` }, directory).catch(
    (e: Error) => e,
  );
  expect(error).toMatchObject({ name: 'InputError' });
  expect((error as Error).message).toContain('the server answered 404 Not Found');
  expect((error as Error).message).toContain(
    `put things.tar.gz (${archive.bytes} bytes, from ${url}/things.tar.gz) into ${directory}`,
  );
  expect((error as Error).message).toContain('--data DIR');
});

test('an archive that cannot be unpacked leaves nothing half done', async () => {
  const content = Buffer.from('this is no archive');
  const md5 = createHash('md5').update(content).digest('hex');
  const { url } = await serve((_, response) => response.end(content));
  const directory = temporaryFolder();
  const remote = { url: `${url}/things.tar.gz`, bytes: content.length, md5, folder: 'things' };
  await expect(provideArchive(remote, directory)).rejects.toThrow(
    `Could not unpack ${join(directory, 'things.tar.gz')}`,
  );
  expect(existsSync(join(directory, 'things'))).toBe(false);
  expect(readdirSync(directory)).toEqual(['things.tar.gz']);
});

test('tells how far it has unpacked, after how far it has downloaded', async () => {
  const { content, ...archive } = makeArchive();
  const { url } = await serve((_, response) => response.end(content));
  const told: DownloadProgress[] = [];
  const remote = { ...archive, url: `${url}/things.tar.gz` };
  await provideArchive(remote, temporaryFolder(), { onProgress: (progress) => told.push(progress) });
  const done = { url: remote.url, received: content.length, total: content.length };
  expect(told).toContainEqual(done);
  expect(told.at(-1)).toEqual({ ...done, unpacking: true });
});

test('an archive that is not compressed, whatever it is called', async () => {
  const folder = temporaryFolder();
  write(join(folder, 'things/a.txt'), 'hello');
  const directory = temporaryFolder();
  const file = join(directory, 'things.tgz');
  execFileSync('tar', ['-cf', file, '-C', folder, 'things']);
  const bytes = readFileSync(file).length;
  await provideArchive({ url: 'http://127.0.0.1:1/things.tgz', bytes, folder: 'things' }, directory);
  expect(readFileSync(join(directory, 'things/a.txt'), 'utf8')).toBe('hello');
});

test('an archive that was cut off leaves nothing half done', async () => {
  const { content, folder } = makeArchive();
  const directory = temporaryFolder();
  const bytes = content.length - 20;
  const file = write(join(directory, 'things.tar.gz'), content.subarray(0, bytes));
  await expect(
    provideArchive({ url: 'http://127.0.0.1:1/things.tar.gz', bytes, folder }, directory),
  ).rejects.toThrow(`Could not unpack ${file}: unexpected end of file.`);
  expect(readdirSync(directory)).toEqual(['things.tar.gz']);
});

test('a machine without tar', async () => {
  const { content, bytes, folder } = makeArchive();
  const directory = temporaryFolder();
  const file = write(join(directory, 'things.tar.gz'), content);
  vi.stubEnv('PATH', directory);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(
    provideArchive({ url: 'http://127.0.0.1:1/things.tar.gz', bytes, folder }, directory),
  ).rejects.toThrow(`Could not unpack ${file}: spawn tar ENOENT. Unpack it by hand into ${directory}`);
});

describe('members that lead out of the folder', () => {
  /** A member of an archive as it stands there, with nothing checked. */
  function member(path: string, content: string, link?: string): Buffer {
    const block = Buffer.alloc(512);
    const type = link === undefined ? 'File' : 'SymbolicLink';
    new Header({ path, size: content.length, type, linkpath: link, mode: 0o644, mtime: new Date(0) }).encode(
      block,
    );
    return Buffer.concat([block, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)]);
  }

  test.each([
    [
      'by their names',
      (outside: string) => [member('../../escaped.txt', 'x'), member(join(outside, 'a.txt'), 'x')],
    ],
    [
      'through a link',
      (outside: string) => [member('things/link', '', outside), member('things/link/a.txt', 'x')],
    ],
    [
      'through a link to a file',
      (outside: string) => [member('things/a.txt', '', join(outside, 'a.txt')), member('things/a.txt', 'x')],
    ],
  ])('%s', async (_, hostile) => {
    const [above, outside] = [temporaryFolder(), temporaryFolder()];
    const directory = join(above, 'cache');
    write(join(outside, 'a.txt'), 'untouched');
    const members = [member('things/b.txt', 'hello'), ...hostile(outside), Buffer.alloc(1024)];
    const content = gzipSync(Buffer.concat(members));
    write(join(directory, 'things.tar.gz'), content);
    const remote = { url: 'http://127.0.0.1:1/things.tar.gz', bytes: content.length, folder: 'things' };
    // Refused or cut short: that differs between the programs called tar.
    await provideArchive(remote, directory).catch((error: Error) => expect(error.name).toBe('InputError'));
    expect(readFileSync(join(outside, 'a.txt'), 'utf8')).toBe('untouched');
    expect([readdirSync(outside), readdirSync(above)]).toEqual([['a.txt'], ['cache']]);
    expect(readdirSync(directory)).not.toContain('escaped.txt');
  });
});
