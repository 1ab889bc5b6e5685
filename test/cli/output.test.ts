import { expect, test, vi } from 'vitest';
import { bytes, clock, count, counted, facts, percent, printJson, table } from '../../src/cli/output.js';

test('a table aligns its columns, without blanks at the ends of lines', () => {
  const columns = [{ title: 'name' }, { title: 'n', align: 'right' }, { title: 'x' }] as const;
  expect(
    table(columns, [
      ['a', '1', 'y'],
      ['longer', '1,000', ''],
    ]),
  ).toBe(['name        n  x', 'a           1  y', 'longer  1,000'].join('\n'));
});

test('facts align their values', () => {
  expect(facts({ a: '1', long: '2' })).toBe('a     1\nlong  2');
});

test('figures read as people write them', () => {
  expect([count(4652008), counted(1, 'image'), counted(1438, 'image')]).toEqual([
    '4,652,008',
    '1 image',
    '1,438 images',
  ]);
  expect([percent(0.97493), percent(1)]).toEqual(['97.49 %', '100.00 %']);
  expect([bytes(18_826_032), bytes(25.3e9)]).toEqual(['18.8 MB', '25.3 GB']);
  expect([clock(0.4), clock(42), clock(754), clock(5025), clock(59.7)]).toEqual([
    '0:00',
    '0:42',
    '12:34',
    '1:23:45',
    '1:00',
  ]);
});

test('a document has lists of numbers on one line each, and is the same document', () => {
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const document = {
    matrix: [
      [1, -2.5e-7],
      [null, 4],
    ],
    text: ['[\n  1,\n  2\n]', 'x'],
    objects: [{ n: 1 }],
    empty: [],
  };
  printJson(document);
  const [[text]] = stdout.mock.calls as [[string]];
  stdout.mockRestore();
  expect(JSON.parse(text)).toEqual(document);
  expect(text).toContain('"matrix": [\n    [1, -2.5e-7],\n    [null, 4]\n  ]');
});
