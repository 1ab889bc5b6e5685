import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, linkSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { membersOf, type TarMember } from '../../../src/data/tar/index.js';
import { InputError } from '../../../src/errors.js';
import { temporaryFolder, write } from '../fixtures.js';
import { END, header, member, patched, paxRecord } from './write.js';

function listed(path: string): TarMember[] {
  const descriptor = openSync(path, 'r');
  try {
    return [...membersOf({ name: path, descriptor })];
  } finally {
    closeSync(descriptor);
  }
}

/** Members of an archive of these parts, with what lies at their offsets. */
function membersIn(...parts: (Buffer | string)[]): string[] {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const path = write(join(temporaryFolder(), 'x.tar'), bytes);
  return listed(path).map(
    ({ path: name, kind, offset, size }) => `${kind} ${name} ${bytes.subarray(offset, offset + size)}`,
  );
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

describe.skipIf(!hasPython)("archives of Python's tarfile", () => {
  const script = (folder: string) => `
import io, os, sys, tarfile
for name, format in (('ustar', tarfile.USTAR_FORMAT), ('gnu', tarfile.GNU_FORMAT), ('pax', tarfile.PAX_FORMAT)):
    with tarfile.open(os.path.join(${JSON.stringify(folder)}, name + '.tar'), 'w', format=format) as tar:
        for i in range(60):
            name = 'd%d/' % (i % 3) + ('n' * 80 + '/' if i % 5 == 0 else '') + ('l' * 30) * (i % 4) + '%d.jpg' % i
            if format != tarfile.USTAR_FORMAT and i % 7 == 0: name = 'ü' * 120 + '/' + name
            content = bytes([i]) * (i * 97)
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1e9 + i / 7
            tar.addfile(info, io.BytesIO(content))
        directory = tarfile.TarInfo('a-folder.jpg'); directory.type = tarfile.DIRTYPE; tar.addfile(directory)
        for letter, name in ((tarfile.CHRTYPE, 'device'), (tarfile.FIFOTYPE, 'pipe')):
            info = tarfile.TarInfo(name); info.type = letter; tar.addfile(info)
    with tarfile.open(tar.name) as tar:
        for info in tar: print(info.name, info.offset_data, info.size, info.isreg(), sep='\\t')
`;

  test('names, offsets and sizes are those that it finds itself', () => {
    const folder = temporaryFolder();
    const expected = execFileSync('python3', ['-c', script(folder)], { encoding: 'utf8' });
    const found = ['ustar', 'gnu', 'pax']
      .flatMap((name) => listed(join(folder, `${name}.tar`)))
      .map(({ path, offset, size, kind }) =>
        [path.replace(/\/$/, ''), offset, size, kind === 'file' ? 'True' : 'False'].join('\t'),
      );
    expect(found).toEqual(expected.trimEnd().split('\n'));
    expect(found).toHaveLength(3 * 63);
  });
});

describe('what the system archives', () => {
  test('hard links are links, not empty images', () => {
    const folder = temporaryFolder();
    linkSync(write(join(folder, 'a.jpg'), 'content'), join(folder, 'b.jpg'));
    execFileSync('tar', ['-cf', join(folder, 'x.tar'), '-C', folder, 'a.jpg', 'b.jpg']);
    expect(listed(join(folder, 'x.tar')).map(({ path, kind, size }) => [path, kind, size])).toEqual([
      ['a.jpg', 'file', 7],
      ['b.jpg', 'link', 0],
    ]);
  });

  test.each(['gnu', 'pax'])(
    'a sparse file in the format %s is named as it is, with its neighbours',
    (format) => {
      const folder = temporaryFolder();
      write(join(folder, 'a.jpg'), 'one');
      write(join(folder, 'z.jpg'), 'two');
      const sparse = openSync(join(folder, 'hole.jpg'), 'w');
      // More pieces than a header has room for: GNU's format goes on in further blocks.
      for (let i = 1; i < 40; i++) writeSync(sparse, 'x', i * 2 ** 17);
      ftruncateSync(sparse, 2 ** 24);
      closeSync(sparse);
      const archive = join(folder, 'x.tar');
      execFileSync('tar', [
        '-S',
        `--format=${format}`,
        '-cf',
        archive,
        '-C',
        folder,
        'a.jpg',
        'hole.jpg',
        'z.jpg',
      ]);
      const bytes = readFileSync(archive);
      expect(bytes.length).toBeLessThan(2 ** 22);
      const found = listed(archive);
      expect(found.map(({ path, kind }) => [path, kind])).toEqual([
        ['a.jpg', 'file'],
        ['hole.jpg', 'sparse'],
        ['z.jpg', 'file'],
      ]);
      const { offset, size } = found[2]!;
      expect(bytes.subarray(offset, offset + size).toString()).toBe('two');
    },
  );
});

describe('offsets beyond 32 bits', () => {
  // Holes in the file, not in the archive: it says that they are content.
  function beyond(bytes: number, ...before: Buffer[]): TarMember[] {
    const path = join(temporaryFolder(), 'x.tar');
    const file = openSync(path, 'w');
    const head = Buffer.concat(before);
    writeSync(file, head);
    writeSync(file, Buffer.concat([member('a.jpg', 'content'), END]), 0, undefined, head.length + bytes);
    closeSync(file);
    return listed(path);
  }

  test.each<[string, number]>([
    ['in octal', 5 * 2 ** 30],
    ['in base 256', 9 * 2 ** 30],
  ])('sizes %s', (_, bytes) => {
    expect(beyond(bytes, header('large.bin', bytes))).toMatchObject([
      { path: 'large.bin', offset: 512, size: bytes },
      { path: 'a.jpg', offset: 1024 + bytes, size: 7 },
    ]);
  });

  test('sizes in an extended header', () => {
    const bytes = 10 * 2 ** 30;
    const found = beyond(bytes, member('pax', paxRecord('size', String(bytes)), 'x'), header('large.bin', 0));
    expect(found).toMatchObject([{ size: bytes }, { path: 'a.jpg', offset: 2048 + bytes, size: 7 }]);
  });
});

describe('headers that are about the next member', () => {
  const path = paxRecord('path', 'long/a.jpg');

  test('a long link between a long name and its file', () => {
    expect(
      membersIn(member('x', 'long/a.jpg\0', 'L'), member('x', 'somewhere\0', 'K'), member('a', 'one'), END),
    ).toEqual(['file long/a.jpg one']);
  });

  test('a size is that of the file, not of a long name on the way', () => {
    const size = paxRecord('size', '3');
    expect(
      membersIn(member('x', size, 'x'), member('x', 'long/a.jpg\0', 'L'), member('a', 'one'), END),
    ).toEqual(['file long/a.jpg one']);
  });

  test('of the whole archive, and in the old letter', () => {
    expect(
      membersIn(
        member('x', path, 'g'),
        member('b.jpg', 'one'),
        member('x', path, 'X'),
        member('a', 'two'),
        END,
      ),
    ).toEqual(['file b.jpg one', 'file long/a.jpg two']);
  });

  test('with nothing behind them', () => {
    expect(() => membersIn(member('b.jpg', 'one'), member('x', path, 'x'))).toThrow(
      /cut off behind an extended header, at byte 2048/,
    );
  });
});

describe('where an archive ends', () => {
  const [a, b] = [member('a.jpg', 'one'), member('b.jpg', 'two')];

  test('two that were appended to each other are one', () => {
    expect(membersIn(a, END, Buffer.alloc(9 * 512), b, END)).toEqual(['file a.jpg one', 'file b.jpg two']);
  });

  test('what is none behind it is left alone; nothing at all may be there', () => {
    expect(membersIn(a, END, 'a signature'.repeat(99))).toEqual(['file a.jpg one']);
    expect(membersIn(a, b)).toEqual(['file a.jpg one', 'file b.jpg two']);
  });

  test('damage before it is not', () => {
    expect(() => membersIn(a, 'not a header'.repeat(99), END)).toThrow(/a header is damaged, at byte 1024/);
    expect(() => membersIn(END, a)).toThrow(/it begins with nothing, at byte 0/);
  });

  test('cut off at any byte, it is named or every member is whole', () => {
    const whole = Buffer.concat([a, member('x', paxRecord('path', 'long/c.jpg'), 'x'), member('c', 'three')]);
    for (let length = 0; length < whole.length; length += 64) {
      const part = whole.subarray(0, length);
      let found: string[];
      try {
        found = membersIn(part);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        expect((error as Error).message).toMatch(/x\.tar cannot be read.* at byte \d+\./);
        continue;
      }
      expect(found).toEqual(['file a.jpg one', 'file long/c.jpg three'].slice(0, found.length));
    }
  });
});

test.each<[string, (block: Buffer) => void]>([
  ['negative', (block) => block.fill(0xff, 124, 136)],
  ['beyond what is exact', (block) => block.fill(0x80, 124, 136)],
  ['no number', (block) => block.write('sizeofafile\0', 124)],
])('a size that is %s', (_, change) => {
  const damaged = patched(header('b.jpg', 0), change);
  expect(() => membersIn(member('a.jpg', 'one'), damaged, END)).toThrow(
    /x\.tar cannot be read as a tar archive: (the size of b\.jpg|a header) is damaged, at byte 1024/,
  );
});
