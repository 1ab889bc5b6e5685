import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { addInspect } from '../../src/cli/inspect.js';
import { InputError } from '../../src/errors.js';
import { Interrupted } from '../../src/train/index.js';
import { temporaryFolder, write } from '../data/fixtures.js';
import { scene, writeScenes } from '../inspect/fixtures.js';

afterEach(() => {
  process.exitCode = undefined;
});

async function inspect(...args: string[]): Promise<string> {
  const program = new Command();
  addInspect(program);
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await program.parseAsync(['inspect', ...args], { from: 'user' });
    return stdout.mock.calls.map(([text]) => text).join('');
  } finally {
    stdout.mockRestore();
  }
}

test('problems come first, then what the images are', async () => {
  const root = temporaryFolder();
  await writeScenes(root);
  write(join(root, 'val/a/leak.png'), await scene(1));
  write(join(root, 'train/b/empty.png'), '');
  const text = await inspect(root);
  const order = [
    '14 images of 2 classes',
    'Problems\n  1 image cannot be read\n',
    'train/b/empty.png: it is empty',
    '1 held-out image is a training image as well',
    'val/a/leak.png is train/a/0.png: the same bytes',
    'Images\n',
    'width         96 px, all of them',
    'Classes\n',
    'a             4         3',
  ].map((part) => text.indexOf(part));
  expect(order).not.toContain(-1);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(process.exitCode).toBeUndefined();
});

test('--strict exits with 1 where images are unreadable or leak, and else with 0', async () => {
  const root = temporaryFolder();
  await writeScenes(root);
  await inspect(root, '--strict');
  expect(process.exitCode).toBeUndefined();
  const leak = join(root, 'val/b/leak.png');
  write(leak, await scene(5));
  await inspect(root, '--strict');
  expect(process.exitCode).toBe(1);
  process.exitCode = undefined;
  write(leak, 'no image');
  await inspect(root, '--strict');
  expect(process.exitCode).toBe(1);
});

test('--json prints one document and nothing else; --out writes the page beside it', async () => {
  const root = temporaryFolder();
  await writeScenes(join(root, 'data'));
  const out = join(root, 'new/page');
  const document = JSON.parse(await inspect(join(root, 'data'), '--json', '--out', out, '--sample', '6'));
  expect(document).toMatchObject({ task: 'data', inspected: { train: 4, test: 2, isWhole: false } });
  expect(readdirSync(out).toSorted()).toEqual([
    'class-001.png',
    'class-002.png',
    'index.html',
    'report.json',
  ]);
  expect(await inspect(join(root, 'data'), '--out', out)).toContain(`page: ${join(out, 'index.html')}`);
});

test('Ctrl-C stops it: nothing is printed, and no page is there', async () => {
  const out = join(temporaryFolder(), 'page');
  const [listeners, stderr] = [process.listenerCount('SIGINT'), vi.spyOn(process.stderr, 'write')];
  stderr.mockReturnValue(true);
  try {
    const running = inspect('digits', '--out', out);
    while (process.listenerCount('SIGINT') === listeners) await setImmediate();
    process.emit('SIGINT');
    await expect(running).rejects.toBeInstanceOf(Interrupted);
    expect(stderr.mock.calls.join('')).toContain('Stopping. Ctrl-C again stops at once.');
  } finally {
    stderr.mockRestore();
  }
  expect(process.listenerCount('SIGINT')).toBe(listeners);
  expect(existsSync(out)).toBe(false);
});

test('digits are fine', async () => {
  const text = await inspect('digits');
  expect(text).toMatch(/^digits: 1,797 images of 10 classes, 1,438 to train on, 359 held out\n/);
  expect(text).toMatch(/Nothing wrong was found/);
  expect(text).toMatch(/too small to tell which look the same/);
  expect(existsSync('grid.png')).toBe(false);
});

test.each([
  [['digits', '--sample', '0'], /a whole number of 1 or more for --sample, received '0'/],
  [['digits', '--sample', 'all'], /--sample, received 'all'/],
  [['digits', '--out', 'report.html'], /a folder for a report.* received 'report.html'/],
  [['digits', '--out', 'package.json'], /--out/],
  [['digits', '--out', 'LICENSE'], /a folder for --out, received 'LICENSE'. There is a file of that name/],
  [['digits', '--augment', 'flip', '--out', 'folder'], /ends in .png for --out, received 'folder'/],
  [['digits', '--augment', 'flip', '--strict'], /--augment asks for a preview, --strict for a report/],
  [
    ['digits', '--image-size', '8', '--sample', '9'],
    /--image-size asks for a preview, --sample for a report/,
  ],
  [['digits', '--out', 'x.png', '--sample', '9'], /--out x.png asks for a preview/],
])('%j is refused', async (args, message) => {
  const refused = inspect(...args);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toBeInstanceOf(InputError);
});
