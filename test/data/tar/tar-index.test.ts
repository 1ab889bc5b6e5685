import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { indexTar, plainTar, type TarIndex, unpacked } from '../../../src/data/tar/index.js';
import { bytesRead, temporaryFolder, write } from '../fixtures.js';
import { END, member } from './write.js';

const contentOf = ({ names, offsets, sizes, said, path }: TarIndex) => ({
  path,
  names: Array.from({ length: names.length }, (_, i) => names.at(i)),
  offsets,
  sizes,
  said: Array.from({ length: said.length }, (_, i) => unpacked(said.at(i))),
});

/** Samples of an image and a label, `bytes` an image. */
function archiveOf(samples: number, bytes: number): string {
  const image = Buffer.alloc(bytes, 7);
  const parts = Array.from({ length: samples }, (_, i) => [
    member(`s${i}.jpg`, image),
    member(`s${i}.cls`, String(i % 3)),
  ]);
  return write(join(temporaryFolder(), 'x.tar'), Buffer.concat([...parts.flat(), END]));
}

describe('an index that is kept', () => {
  test('is the same one', async () => {
    const [archive, cache] = [archiveOf(200, 700), temporaryFolder()];
    const made = contentOf(indexTar(archive, cache));
    expect(made.said[4]).toEqual({ label: '1' });
    expect(readdirSync(join(cache, 'data/indexes'))).toHaveLength(1);
    expect(contentOf(indexTar(archive, cache))).toEqual(made);
  });

  test('is made anew where any byte of it is another, or is missing', async () => {
    const [archive, cache] = [archiveOf(200, 700), temporaryFolder()];
    const made = contentOf(indexTar(archive, cache));
    const [name] = readdirSync(join(cache, 'data/indexes'));
    const file = join(cache, 'data/indexes', name!);
    const good = readFileSync(file);
    for (let at = 0; at < good.length; at += 997) {
      const damaged = Buffer.from(good);
      damaged[at]! ^= 4;
      writeFileSync(file, at % 2 ? damaged : damaged.subarray(0, at));
      expect(contentOf(indexTar(archive, cache))).toEqual(made);
      expect(readFileSync(file).equals(good)).toBe(true);
    }
  });

  test('is another one for an archive that was changed', async () => {
    const [archive, cache] = [archiveOf(200, 700), temporaryFolder()];
    indexTar(archive, cache);
    writeFileSync(archive, readFileSync(archiveOf(200, 700)).fill('9', 2048, 2049));
    utimesSync(archive, new Date(1e12), new Date(1e12));
    expect(contentOf(indexTar(archive, cache)).said[0]).toEqual({ label: '9' });
  });

  test('is not needed: a cache that cannot be written costs time', async () => {
    const archive = archiveOf(200, 700);
    const cache = write(join(temporaryFolder(), 'a-file'), '');
    expect(contentOf(indexTar(archive, cache)).names).toHaveLength(400);
  });
});

test.skipIf(bytesRead() === undefined)('headers and labels are read, not images', async () => {
  const archive = archiveOf(400, 100_000);
  const before = bytesRead()!;
  const index = indexTar(archive, temporaryFolder());
  expect(index.names.length).toBe(800);
  // 1.5 KiB a sample, and what else the process reads meanwhile.
  expect(bytesRead()! - before).toBeLessThan(1_200_000);
});

test('what sidecars say, at its length', async () => {
  const said = {
    'a.cls': ' 12\n',
    'b.txt': 'a dog',
    'c.json': '{"width": 3, "label": "cat"}',
    'd.json': `{"label": 4, "more": "${'x'.repeat(5000)}"}`,
    'e.json': '{"width": 3}',
    'f.json': '[',
    'g.json': '3',
    'h.txt': 'one\ntwo',
    'i.txt': 'x'.repeat(501),
    'j.cls': '',
    'k.txt': 'x'.repeat(2 ** 20 + 1),
  };
  const parts = Object.entries(said).map(([name, content]) => member(name, content));
  const archive = write(join(temporaryFolder(), 'x.tar'), Buffer.concat([...parts, END]));
  const index = contentOf(indexTar(archive, temporaryFolder()));
  expect(index.said).toEqual([
    { label: '12' },
    { label: 'a dog' },
    { label: 'cat' },
    { label: '4' },
    {},
    { wrong: 'has a .json that is none' },
    { wrong: 'has a .json that is no object' },
    { wrong: "has a .txt that is no label: 'one\ntwo'" },
    { wrong: `has a .txt that is no label: '${'x'.repeat(40)}'` },
    { wrong: "has a .cls that is no label: ''" },
    { wrong: 'has a .txt of 1048577 bytes, which is no label' },
  ]);
});

/** The index of an archive that may be compressed. */
const indexPlain = async (path: string, cache: string) =>
  indexTar(path, cache, { file: await plainTar(path, cache) });

describe('a compressed archive', () => {
  test('is known by its bytes, whatever it is called, and errors name it', async () => {
    const folder = temporaryFolder();
    const bytes = Buffer.concat([member('a/1.jpg', 'one'), END]);
    const [misnamed, plain] = [join(folder, 'x.tar'), join(folder, 'y.tar.gz')];
    write(misnamed, gzipSync(bytes));
    write(plain, bytes);
    const cache = temporaryFolder();
    expect(contentOf(await indexPlain(misnamed, cache))).toMatchObject({
      path: misnamed,
      names: ['a/1.jpg'],
    });
    expect(await indexPlain(plain, cache)).toMatchObject({ path: plain, file: plain });
    const damaged = write(join(folder, 'z.tgz'), gzipSync(bytes.subarray(0, 514)));
    await expect(indexPlain(damaged, cache)).rejects.toThrow(
      /^\S+\/z\.tgz cannot be read as a tar archive: .*a\/1/,
    );
    expect(readdirSync(join(cache, 'data/unpacked')).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('is whole where two unpack it at once', async () => {
    const folder = temporaryFolder();
    const bytes = Buffer.concat([member('a/1.jpg', Buffer.alloc(5_000_000, 'one ')), END]);
    const archive = write(join(folder, 'x.tgz'), gzipSync(bytes));
    const plain = await Promise.all([1, 2, 3].map(() => plainTar(archive, folder)));
    expect(new Set(plain).size).toBe(1);
    expect(readFileSync(plain[0]!).equals(bytes)).toBe(true);
    expect(readdirSync(join(folder, 'data/unpacked'))).toHaveLength(1);
  });

  test('a cache without room for it is to blame, not the archive', async () => {
    const folder = temporaryFolder();
    write(join(folder, 'a/1.jpg'), 'one');
    execFileSync('tar', ['-czf', join(folder, 'x.tgz'), '-C', folder, 'a']);
    const cache = write(join(folder, 'a-file'), '');
    await expect(indexPlain(join(folder, 'x.tgz'), cache)).rejects.toThrow(
      /x\.tgz cannot be unpacked: .*It needs room and rights in \S+unpacked\./,
    );
  });
});

test('one that is not there is named', async () => {
  const message = /Cannot read \/nowhere\/x\.tar: ENOENT/;
  await expect(indexPlain('/nowhere/x.tar', temporaryFolder())).rejects.toThrow(message);
  expect(() => indexTar('/nowhere/x.tar', temporaryFolder())).toThrow(message);
});
