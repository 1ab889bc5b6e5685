import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { loadTask } from '../../../src/data/tasks/index.js';
import { InputError } from '../../../src/errors.js';
import { inspectTask } from '../../../src/inspect/index.js';
import { writePage } from '../../../src/inspect/page/index.js';
import { sheetSize } from '../../../src/sheet/index.js';
import { temporaryFolder, write } from '../../data/fixtures.js';
import { writeScenes } from '../fixtures.js';

/** Tags that are not closed by one of their name, in the order that they are met; comments and scripts are none of ours. */
function misnested(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, closing, name, empty] of html.matchAll(
    /<(\/?)([a-z][a-z0-9]*)\b(?:[^<>"]|"[^"<]*")*?(\/?)>/g,
  )) {
    if (empty) continue;
    if (!closing) open.push(name!);
    else if (open.pop() !== name) wrong.push(name!);
  }
  return [...wrong, ...open];
}

async function pageOf(root: string): Promise<{ folder: string; html: string }> {
  const folder = join(root, 'page');
  const task = await loadTask(join(root, 'data'));
  await writePage(folder, { task, inspection: await inspectTask(task) });
  return { folder, html: readFileSync(join(folder, 'index.html'), 'utf8') };
}

test('the page is well-formed, with all of its pictures, and needs nothing from elsewhere', async () => {
  const root = temporaryFolder();
  const { train } = await writeScenes(join(root, 'data'));
  write(join(root, 'data/val/b/leak.png'), readFileSync(train[0]!));
  write(join(root, 'data/train/a/<b>&"quoted".png'), 'text');
  const { folder, html } = await pageOf(root);
  expect(misnested(html)).toEqual([]);
  expect(html).not.toMatch(/https?:|<script|<link|url\(|@import|\son\w+=/);
  expect(html).toContain('train/a/&lt;b&gt;&amp;&quot;quoted&quot;.png');
  expect(html).not.toContain('<b>&');

  const pictures = [...html.matchAll(/<img src="([^"]+)" width="(\d+)" height="(\d+)" alt="([^"]+)"/g)];
  expect(pictures.map(([, file]) => file)).toEqual([
    'leaks-001.png',
    'label-conflicts-001.png',
    'class-001.png',
    'class-002.png',
  ]);
  for (const [, file, width, height] of pictures) {
    const header = await sharp(join(folder, file!)).metadata();
    expect([header.format, header.width, header.height]).toEqual(['png', Number(width), Number(height)]);
  }
  expect(html.match(/<img/g)).toHaveLength(pictures.length);
  const links = [...html.matchAll(/href="([^"]+)"/g)].map(([, target]) => target!);
  for (const target of links) {
    if (target.startsWith('#')) expect(html.split(`id="${target.slice(1)}"`)).toHaveLength(2);
    else expect(existsSync(join(folder, target))).toBe(true);
  }
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(readdirSync(folder).toSorted()).toEqual(
    ['index.html', 'report.json', ...pictures.map(([, file]) => file!)].toSorted(),
  );
  expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toMatchObject({
    leaks: [{ heldOut: { name: 'val/b/leak.png' } }],
    unreadable: [{ name: 'train/a/<b>&"quoted".png' }],
  });
});

test('a second page takes the place of the first, and leaves what is not of it', async () => {
  const root = temporaryFolder();
  await writeScenes(join(root, 'data'));
  const stale = write(join(root, 'page/class-009.png'), 'old');
  const own = write(join(root, 'page/notes.txt'), 'mine');
  const { html } = await pageOf(root);
  expect(html).toContain('class-002.png');
  expect([existsSync(stale), existsSync(own)]).toEqual([false, true]);
});

test('a place that cannot be written to is named, and stopping stops', async () => {
  const root = temporaryFolder();
  await writeScenes(join(root, 'data'));
  const task = await loadTask(join(root, 'data'));
  const inspection = await inspectTask(task);
  const file = write(join(root, 'file'), '');
  const refused = writePage(join(file, 'page'), { task, inspection });
  await expect(refused).rejects.toThrow(/Cannot write the page to .*file.*--out/);
  await expect(refused).rejects.toBeInstanceOf(InputError);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(writePage(join(root, 'page'), { task, inspection }, { signal })).rejects.toThrow('enough');
  expect(existsSync(join(root, 'page'))).toBe(false);
});

test('digits: a sheet a class, as large as it says, evenly spread over the class', async () => {
  const folder = temporaryFolder();
  const task = await loadTask('digits');
  await writePage(folder, { task, inspection: await inspectTask(task, { sample: 50 }) });
  const { width, height } = await sharp(join(folder, 'class-010.png')).metadata();
  // 24 pictures of 144 px, 6 a row.
  expect({ width, height }).toEqual(sheetSize(24, { title: '9', columns: 6, side: 144 }));
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).toContain('Only a sample was looked at');
});
