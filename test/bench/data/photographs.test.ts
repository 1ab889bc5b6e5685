import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { makePhotographs, type Photographs } from '../../../bench/data/photographs.js';
import { temporaryFolder, writeColour } from '../../data/fixtures.js';

const WANTED: Photographs = { count: 3, width: 80, height: 60, tiles: 2 };

async function sources(): Promise<string> {
  const folder = temporaryFolder();
  await writeColour(join(folder, 'a', 'red.jpg'), [255, 0, 0]);
  await writeColour(join(folder, 'a', 'green.jpg'), [0, 255, 0]);
  await writeColour(join(folder, 'b', 'blue.jpg'), [0, 0, 255]);
  return folder;
}

test('photographs are made of others, side by side, the same each time', async () => {
  const from = await sources();
  const [one, other] = [temporaryFolder(), temporaryFolder()];
  const folder = await makePhotographs(WANTED, { from, into: one });
  const again = await makePhotographs(WANTED, { from, into: other });
  const names = readdirSync(folder);
  expect(names).toEqual(['0000.jpg', '0001.jpg', '0002.jpg']);
  expect(readdirSync(one)).toHaveLength(1);
  for (const name of names) expect(readFileSync(join(folder, name))).toEqual(readFileSync(join(again, name)));
  const { data, info } = await sharp(join(folder, '0000.jpg')).raw().toBuffer({ resolveWithObject: true });
  expect([info.format, info.width, info.height, info.channels]).toEqual(['raw', 80, 60, 3]);
  const largest = (x: number, y: number) => {
    const at = 3 * (y * 80 + x);
    return [0, 1, 2].reduce((best, c) => (data[at + c]! > data[at + best]! ? c : best), 0);
  };
  // In the order of their paths, and from the first again: green, red, blue, green.
  expect([largest(10, 10), largest(70, 10), largest(10, 50), largest(70, 50)]).toEqual([1, 0, 2, 1]);
});

test('what is there is taken', async () => {
  const from = await sources();
  const into = temporaryFolder();
  const folder = await makePhotographs(WANTED, { from, into });
  expect(await makePhotographs(WANTED, { from: '/nowhere', into })).toBe(folder);
});

test('a folder without photographs is refused by name', async () => {
  const from = temporaryFolder();
  await expect(makePhotographs(WANTED, { from, into: temporaryFolder() })).rejects.toThrow(
    `No JPEG files in ${from}`,
  );
});
