import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { drawGrid } from '../../src/cli/inspect/grid.js';
import { addInspect } from '../../src/cli/inspect.js';
import { InputError } from '../../src/errors.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inspect-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function inspect(...args: string[]): Promise<string> {
  const program = new Command();
  addInspect(program);
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await program.parseAsync(['inspect', ...args], { from: 'user' });
    return write.mock.calls.map(([text]) => text).join('');
  } finally {
    write.mockRestore();
  }
}

test('draws a row an image, a column a draw, and says what it did', async () => {
  const out = join(folder, 'new', 'grid.png');
  const flags = ['--augment', 'rand-augment:1:5,flip', '--images', '3', '--columns', '4'];
  const text = await inspect('digits', ...flags, '--mixup', '0.2', '--out', out);
  expect(text).toMatch(/digits/);
  expect(text).toMatch(/3 images at 64 x 64 px, as they are and 4 times augmented/);
  expect(text).toMatch(/rand-augment:1:5, flip, mixup 0.2/);
  const { width, height, format } = await sharp(out).metadata();
  // 64 px, twice as large; gaps of 4, and of 16 behind the first column.
  expect({ width, height, format }).toEqual({
    width: 5 * 128 + 16 + 3 * 4,
    height: 3 * 128 + 2 * 4,
    format: 'png',
  });
  expect(readdirSync(join(folder, 'new'))).toEqual(['grid.png']);
});

test('without --augment it shows what suits the task: digits are not mirrored', async () => {
  const text = await inspect('digits', '--images', '1', '--columns', '1', '--out', join(folder, 'usual.png'));
  expect(text).toMatch(/augmentation +crop\n/);
});

test('--json prints one document', async () => {
  const out = join(folder, 'json.png');
  const flags = ['--images', '2', '--columns', '3', '--augment', 'cutout', '--cutmix', '1', '--out', out];
  expect(JSON.parse(await inspect('digits', '--json', ...flags))).toEqual({
    task: 'digits',
    images: 2,
    columns: 3,
    size: 64,
    augmentations: ['cutout'],
    mixup: 0,
    cutmix: 1,
    file: out,
  });
});

test.each([
  [['digit'], /Unknown task 'digit'. Did you mean 'digits'\?/],
  [['digits', '--augment', 'flop'], /Unknown name for --augment: 'flop'. Did you mean/],
  [['digits', '--images', '0'], /a whole number of 1 or more for --images, received '0'/],
  [['digits', '--columns', '1.5'], /--columns, received '1.5'/],
  [['digits', '--seed', 'x'], /--seed, received 'x'/],
  [['digits', '--mixup', '-1'], /a number of 0 or more for --mixup, received '-1'/],
  [['digits', '--image-size', ''], /--image-size, received ''/],
  [['digits', '--out', 'grid.jpg'], /ends in .png for --out, received 'grid.jpg'/],
])('%j is refused', async (args, message) => {
  const refused = inspect(...args);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toBeInstanceOf(InputError);
});

test('a place that cannot be written to is named, and nothing is left there', async () => {
  const out = join(folder, 'usual.png', 'grid.png');
  await inspect('digits', '--images', '1', '--columns', '1', '--out', join(folder, 'usual.png'));
  await expect(inspect('digits', '--images', '1', '--columns', '1', '--out', out)).rejects.toThrow(
    /Cannot write .*usual.png.*grid.png.*--out/,
  );
  await expect(inspect('digits', '--out', join(folder, 'usual.png', '..', '.png'))).rejects.toThrow(/--out/);
});

test('a grid shows its pictures where they belong', async () => {
  const picture = (value: number) => new Uint8Array(2 * 2 * 3).fill(value);
  const png = await drawGrid(
    [
      [picture(10), picture(20)],
      [picture(30), picture(40)],
    ],
    { size: 2, smallestSide: 6 },
  );
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => data[(y * info.width + x) * info.channels];
  expect([info.width, info.height]).toEqual([6 + 16 + 6, 6 + 4 + 6]);
  expect([at(0, 0), at(5, 5), at(22, 0), at(27, 5)]).toEqual([10, 10, 20, 20]);
  expect([at(0, 10), at(27, 15)]).toEqual([30, 40]);
  expect([at(6, 0), at(21, 15), at(0, 6)]).toEqual([255, 255, 255]);
});
