import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/bytes/byte-source.js';
import { InputError } from '../../src/errors.js';
import { ZipArchive } from '../../src/weights/zip.js';
import { type Member, writeZip } from './zip-writer.js';

const text = new TextEncoder().encode('weights '.repeat(100));
const open = (bytes: Uint8Array) => new ZipArchive(memorySource('w.zip', bytes));

function unpack(members: readonly Member[], options = {}): Record<string, string> {
  const zip = open(writeZip(members, options));
  return Object.fromEntries(
    [...zip.entries.values()].map((e) => [e.name, new TextDecoder().decode(zip.read(e))]),
  );
}

describe('reads', () => {
  const expected = { 'a/b': 'weights '.repeat(100), c: 'weights' };
  const members = [
    { name: 'a/b', bytes: text },
    { name: 'c', bytes: text.subarray(0, 7) },
  ];
  test.each([
    ['stored members', members, {}],
    ['deflated members', members.map((m) => ({ ...m, deflate: true })), {}],
    ['64-bit sizes and places', members.map((m) => ({ ...m, zip64: true })), {}],
    ['a 64-bit directory', members, { zip64End: true }],
    ['a directory before a comment', members, { comment: 'written by hand' }],
  ])('%s', (_, list, options) => {
    expect(unpack(list, options)).toEqual(expected);
  });

  test('a member without a checksum, as torch writes it when told to', () => {
    expect(unpack([{ name: 'a/b', bytes: text, claim: { crc32: 0 } }])['a/b']).toBe(expected['a/b']);
  });

  test('an empty member', () => {
    expect(unpack([{ name: 'e', bytes: new Uint8Array(0) }])).toEqual({ e: '' });
  });
});

describe('refuses, with the file and the way out', () => {
  test('an archive that is cut off anywhere', () => {
    const bytes = writeZip([{ name: 'a', bytes: text }]);
    for (let length = 0; length < bytes.length; length += 13) {
      expect(() => open(bytes.subarray(0, length))).toThrow(/w\.zip.*fetch it again/);
    }
  });

  test.each<[string, Member, RegExp]>([
    [
      'a wrong checksum',
      { name: 'a', bytes: text, claim: { crc32: 1 } },
      /checksum.*'a' in w\.zip.*fetch it again/,
    ],
    ['another size', { name: 'a', bytes: text, claim: { size: 4 } }, /one size for the stored member 'a'/],
    [
      'a place beyond the end',
      { name: 'a', bytes: text, claim: { headerOffset: 1e6 } },
      /'a' up to byte .* the end/,
    ],
    ['a header elsewhere', { name: 'a', bytes: text, claim: { headerOffset: 9 } }, /header of 'a' at byte 9/],
    ['encryption', { name: 'a', bytes: text, claim: { flags: 1 } }, /'a' in w\.zip is encrypted/],
    [
      'another method',
      { name: 'a', bytes: text, claim: { method: 12 } },
      /method 12; 'stored' and 'deflated'/,
    ],
    ['a longer claim', { name: 'a', bytes: text, deflate: true, claim: { size: 900 } }, /900 bytes of 'a'/],
    [
      'a shorter claim',
      { name: 'a', bytes: text, deflate: true, claim: { size: 9 } },
      /deflated bytes of 'a'/,
    ],
    [
      'a bomb',
      { name: 'a', bytes: text, deflate: true, claim: { size: 1e9 } },
      /claims to unpack to 1000000000/,
    ],
    [
      '8 exabytes',
      { name: 'a', bytes: text, zip64: true, claim: { size: 2 ** 62 } },
      /a size or place within/,
    ],
  ])('%s', (_, member, message) => {
    const read = () => {
      const zip = open(writeZip([member]));
      for (const entry of zip.entries.values()) zip.read(entry);
    };
    expect(read).toThrow(message);
    expect(read).toThrow(InputError);
  });

  test('members that share their bytes', () => {
    const bytes = writeZip([
      { name: 'a', bytes: text },
      { name: 'b', bytes: text, claim: { headerOffset: 0 } },
    ]);
    expect(() => open(bytes)).toThrow(/members that lie apart in w\.zip, received 'b' within another one/);
  });
});
