import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import type { Task } from '../../src/data/dataset.js';
import { decodeImage } from '../../src/data/decode/index.js';
import { loadTask } from '../../src/data/tasks/index.js';
import { InputError } from '../../src/errors.js';
import { inspectTask } from '../../src/inspect/index.js';
import { temporaryFolder, write } from '../data/fixtures.js';
import { claimingPng, scene, writeScenes } from './fixtures.js';

test('unreadable files are named with their reasons, suspicious ones too', async () => {
  const root = temporaryFolder();
  await writeScenes(root);
  const at = (name: string) => join(root, 'train/a', name);
  const jpeg = await sharp(await scene(90, 200))
    .jpeg()
    .toBuffer();
  write(at('cut.jpg'), jpeg.subarray(0, jpeg.length / 2));
  write(at('empty.jpg'), '');
  write(at('text.png'), 'no image at all');
  write(at('huge.png'), claimingPng(16_383, 16_383));
  write(at('larger.png'), claimingPng(16_384, 16_383));
  write(at('misnamed.png'), jpeg);
  await sharp(await scene(91))
    .resize(5, 4, { fit: 'fill' })
    .toFile(at('tiny.png'));
  await sharp(await scene(92))
    .resize(300, 40, { fit: 'fill' })
    .toFile(at('wide.png'));
  const { unreadable, suspicious, formats, sizes } = await inspectTask(await loadTask(root));
  expect(unreadable.map(({ name, class: label, split, reason }) => [split, label, name, reason])).toEqual([
    ['train', 'a', 'train/a/cut.jpg', expect.stringMatching(/premature end/i)],
    ['train', 'a', 'train/a/empty.jpg', 'it is empty'],
    [
      ...['train', 'a', 'train/a/larger.png'],
      '16,384 x 16,383 pixels are more than the 268,402,689 that are read in training',
    ],
    ['train', 'a', 'train/a/text.png', expect.stringMatching(/no JPEG, PNG.*begins with 'no image at all'/)],
  ]);
  expect(suspicious.map(({ name, kind, reason }) => [name, kind, reason])).toEqual([
    ['train/a/huge.png', 'huge', '16,383 x 16,383 pixels: not decoded'],
    ['train/a/misnamed.png', 'extension', 'its content is jpeg'],
    ['train/a/tiny.png', 'tiny', '5 x 4 pixels'],
    ['train/a/wide.png', 'aspect-ratio', '300 x 40 pixels: 7.5 to 1'],
  ]);
  // What training says of the two: of the smaller one only that it ends early.
  await expect(decodeImage(at('larger.png'), 8)).rejects.toThrow('exceeds pixel limit');
  await expect(decodeImage(at('huge.png'), 8)).rejects.not.toThrow('exceeds pixel limit');
  expect(formats).toEqual({ jpeg: 1, png: 15 });
  // Of what was decoded: 12 scenes of 96 px, 200 px, 5 x 4 and 300 x 40.
  expect(sizes).toEqual({
    width: { min: 5, median: 96, max: 300 },
    height: { min: 4, median: 96, max: 200 },
    shorterSide: { min: 4, median: 96, max: 200 },
    aspectRatio: { min: 1, median: 1, max: 7.5 },
  });
});

test('a file that goes away is unreadable, and each of many failures at once keeps its own reason', async () => {
  const root = temporaryFolder();
  await writeScenes(root);
  for (let i = 0; i < 20; i++) {
    const content =
      i % 2 === 0
        ? await sharp(await scene(i))
            .jpeg()
            .toBuffer()
        : await scene(i);
    write(join(root, 'train/b', `cut-${10 + i}.${i % 2 === 0 ? 'jpg' : 'png'}`), content.subarray(0, 400));
  }
  const task = await loadTask(root);
  write(join(root, 'train/b/cut-10.jpg'), '');
  const { unreadable } = await inspectTask(task, { workers: 8 });
  expect(unreadable).toHaveLength(20);
  expect(unreadable[0]!.reason).toBe('it is empty');
  for (const { name, reason } of unreadable.slice(1))
    expect(`${name}: ${reason}`).toMatch(name.endsWith('.jpg') ? /jpeg/i : /png/i);
});

test('means and deviations are those of a computation by hand', async () => {
  const root = temporaryFolder();
  const values: number[][] = [[], [], []];
  for (const [i, name] of ['a', 'b'].entries()) {
    for (let image = 0; image < 2; image++) {
      const pixels = Uint8Array.from(
        { length: 40 * 30 * 3 },
        (_, at) => (at * (7 + 3 * image) + 50 * i) % 256,
      );
      for (const [at, value] of pixels.entries()) values[at % 3]!.push(value / 255);
      const png = await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
        .png()
        .toBuffer();
      write(join(root, 'train', name, `${image}.png`), png);
    }
    // Held out: counts for nothing here.
    write(join(root, 'val', name, '0.png'), await scene(i));
  }
  const { statistics } = await inspectTask(await loadTask(root));
  expect(statistics!.images).toBe(4);
  values.forEach((channel, i) => {
    const mean = channel.reduce((sum, value) => sum + value, 0) / channel.length;
    const variance = channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channel.length;
    expect(statistics!.mean[i]).toBeCloseTo(mean, 10);
    expect(statistics!.deviation[i]).toBeCloseTo(Math.sqrt(variance), 10);
  });
});

test('each image counts the same in the statistics, whatever its size', async () => {
  const root = temporaryFolder();
  for (const [name, [side, level]] of Object.entries({ a: [10, 0], b: [100, 255] } as const)) {
    const background = { r: level, g: level, b: level };
    const create = { width: side, height: side, channels: 3, background } as const;
    for (const split of ['train', 'val'])
      write(join(root, split, name, '0.png'), await sharp({ create }).png().toBuffer());
  }
  const { statistics } = await inspectTask(await loadTask(root));
  expect(statistics).toEqual({ images: 2, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] });
});

test('kinds of images are told by their headers', async () => {
  const root = temporaryFolder();
  await writeScenes(root);
  const image = async () => sharp(await scene(50));
  const files: Record<string, Sharp> = {
    'gray.jpg': (await image()).toColourspace('b-w').jpeg(),
    'cmyk.jpg': (await image()).toColourspace('cmyk').jpeg(),
    'deep.png': (await image()).toColourspace('rgb16').png(),
    'alpha.webp': (await image()).ensureAlpha(0.5).webp({ lossless: true }),
    'turned.jpg': (await image()).resize(90, 40, { fit: 'fill' }).withMetadata({ orientation: 6 }).jpeg(),
  };
  for (const [name, file] of Object.entries(files)) write(join(root, 'val/a', name), await file.toBuffer());
  const { colours, formats, sizes, unreadable } = await inspectTask(await loadTask(root));
  expect(unreadable).toEqual([]);
  expect(colours).toEqual({ grayscale: 1, cmyk: 1, sixteenBit: 1, alpha: 1, turned: 1, animated: 0 });
  expect(formats).toEqual({ jpeg: 3, png: 13, webp: 1 });
  // As it is shown: upright.
  expect([sizes!.width.min, sizes!.height.min]).toEqual([40, 90]);
});

test('the document is plain data that says what it is of', async () => {
  const root = temporaryFolder();
  await writeScenes(root);
  const seen: number[][] = [];
  const inspection = await inspectTask(await loadTask(root), { onProgress: (...at) => seen.push(at) });
  expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection);
  expect(inspection).toMatchObject({
    origin: root,
    images: { train: 8, test: 4 },
    inspected: { train: 8, test: 4, isWhole: true, seconds: expect.any(Number) },
    classes: [
      { name: 'a', train: 4, test: 2 },
      { name: 'b', train: 4, test: 2 },
    ],
    unreadable: [],
    leaks: [],
    labelConflicts: [],
    duplicates: [],
    soughtNear: true,
    suspicious: [],
    classProblems: [{ kind: 'few-images', classes: ['a', 'b'] }],
  });
  expect(seen.at(-1)).toEqual([12, 12]);
});

test('a sample is spread evenly over both splits, in proportion', async () => {
  const digits = await loadTask('digits');
  const { inspected, statistics, classes } = await inspectTask(digits, { sample: 100 });
  expect(inspected).toMatchObject({ train: 80, test: 20, isWhole: false });
  expect(statistics!.images).toBe(80);
  // Classes are counted over all images all the same.
  expect(classes.reduce((sum, { train, test }) => sum + train + test, 0)).toBe(1797);
  await expect(inspectTask(digits, { sample: 0 })).rejects.toThrow(InputError);
});

test('a sample takes rows from one end to the other', async () => {
  const { train, test: heldOut, ...task } = await loadTask('digits');
  const pixels = new Uint8Array(1000 * 8 * 8 * 3).fill(99);
  const dataset = {
    length: 1000,
    labels: new Int32Array(1000),
    source: { kind: 'array', pixels, width: 8, height: 8 },
  };
  const { duplicates } = await inspectTask({ ...task, train: dataset, test: heldOut } as Task, {
    sample: 136,
  });
  const rows = duplicates[0]!.images.map(({ row }) => row);
  expect(rows).toHaveLength(100);
  expect([rows[0], rows[1], rows[99]]).toEqual([0, 10, 990]);
});

test('it stops when it is told to', async () => {
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  const task = await loadTask('digits');
  await expect(inspectTask(task, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
});
