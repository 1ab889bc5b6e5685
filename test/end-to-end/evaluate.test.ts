import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { readNpy } from '../evaluate/read-npy.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { answer } from './answer.js';
import { BIN, compile, QUICK, quiet, run } from './command.js';

const { path: cwd, write } = temporaryFolder();
const [FIRST, SECOND] = ['first', 'second'];

beforeAll(async () => {
  compile();
  const better = await run([...QUICK, '--epochs', '1', '--lr', '0.05', '--out', FIRST], { cwd });
  const short = ['--limit', '16', '--epochs', '1', '--sam', 'none', '--seed', '1'];
  const worse = await run([...QUICK, ...short, '--out', SECOND], { cwd });
  expect([better.code, worse.code]).toEqual([0, 0]);
  mkdirSync(join(cwd, 'pictures'));
  for (const [name, width, height, value] of [
    ['wide.png', 60, 40, 40],
    ['high.jpg', 20, 50, 200],
  ] as const) {
    const create = { width, height, channels: 3, background: { r: value, g: 90, b: 9 } } as const;
    await sharp({ create }).toFile(join(cwd, 'pictures', name));
  }
}, 300_000);

interface Report {
  count: number;
  top1: number;
  classes: { class: string; recall: number | null; support: number; predicted: number }[];
  confusion: number[][];
  confusions: { count: number }[];
  calibration: { ece: number; bins: { count: number }[] };
  coverage: { aurc: number; points: { coverage: number; top1: number }[] };
  compare?: { model: string; top1: number; b: number; c: number; pValue: number; interval: number[] };
}

describe('evaluate', () => {
  test('--json tells all, and the parts agree with each other', async () => {
    const { code, stdout, stderr } = await run(
      [
        'evaluate',
        FIRST,
        '--json',
        '--compare',
        SECOND,
        '--predictions',
        'said.parquet',
        '--mistakes',
        'worst.png',
      ],
      { cwd },
    );
    expect([code, quiet(stderr)]).toEqual([0, '']);
    const report: Report = JSON.parse(stdout);
    const { count, top1, confusion, classes } = report;
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
    expect(count).toBe(359);
    expect(sum(confusion.map((row, k) => row[k]!)) / count).toBeCloseTo(top1, 12);
    expect(classes.map(({ support }) => support)).toEqual(confusion.map(sum));
    expect(classes.map(({ predicted }) => predicted)).toEqual(
      confusion.map((_, k) => sum(confusion.map((row) => row[k]!))),
    );
    expect(sum(report.confusions.map((each) => each.count))).toBe(Math.round(count * (1 - top1)));
    expect(sum(report.calibration.bins.map((bin) => bin.count))).toBe(count);
    expect(report.coverage.points.map(({ coverage }) => coverage)).toEqual([0.5, 0.8, 0.9, 0.95]);
    const { compare } = report;
    expect(compare).toMatchObject({ model: SECOND, count });
    expect(top1 - compare!.top1).toBeCloseTo((compare!.b - compare!.c) / count, 12);
    expect(stdout).toMatch(/^ {4}\[0|^ {4}\[\d+(, \d+){9}\],?$/m);

    const content = readFileSync(join(cwd, 'said.parquet'));
    const bytes = content.buffer.slice(
      content.byteOffset,
      content.byteOffset + content.length,
    ) as ArrayBuffer;
    const rows = await parquetReadObjects({ file: bytes });
    expect(rows).toHaveLength(count);
    expect(rows.filter(({ label, predicted }) => label === predicted)).toHaveLength(Math.round(count * top1));
    expect((await sharp(join(cwd, 'worst.png')).metadata()).format).toBe('png');
  });

  test('as text: classes, confusions and the comparison in words', async () => {
    const args = ['evaluate', FIRST, '--compare', SECOND, '--tta', 'crops:2', '--predictions', 'said.csv'];
    const { code, stdout, stderr } = await answer(args, { cwd });
    expect([code, quiet(stderr)]).toEqual([0, '']);
    for (const said of [
      /^views +crops:2$/m,
      /^macro average +precision [\d.]+ %, recall [\d.]+ %, F1 [\d.]+ %$/m,
      /^calibration +probabilities are off by [\d.]+ % on average \(ECE\)$/m,
      /^when sure +[\d.]+ % of the surest 50 %, .* of 95 %$/m,
      /^Classes, the worst first\n {2}class +images +precision +recall +F1\n {2}\d/m,
      /^Most frequent confusions\n {2}\d +taken for +\d +\d+ x$/m,
      /^Compared with second\n {2}top-1 [\d.]+ % against [\d.]+ %: a difference of [-+][\d.]+ points, 95 % interval /m,
      /McNemar's test \(.*\): p = [\d.e-]+\. So /,
      /^predictions +said\.csv$/m,
    ])
      expect(stdout).toMatch(said);
    expect(parse(readFileSync(join(cwd, 'said.csv')), { columns: true })).toHaveLength(359);
  });

  test('--split measures the images that are asked for, and warns of those that were trained on', async () => {
    const evaluated = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(['evaluate', FIRST, ...args], { cwd });
      expect([code, quiet(stderr)]).toEqual([0, '']);
      return stdout;
    };
    expect(await evaluated()).toMatch(/^images +359: those held out$/m);
    const train = await evaluated('--split', 'train', '--predictions', 'trained.csv');
    expect(train).toMatch(/^images +1,438: those to train on$/m);
    // It was limited.
    expect(train).toMatch(/^warning +first was trained on 64 images of these: it does worse on new ones$/m);
    expect(parse(readFileSync(join(cwd, 'trained.csv')), { columns: true })).toHaveLength(1438);
    const all: Report & { split: string; trainedOn: number } = JSON.parse(
      await evaluated('--split', 'all', '--json'),
    );
    expect(all).toMatchObject({ split: 'all', trainedOn: 64, count: 1797 });
  });

  test('of a folder without splits, all images are measured', async () => {
    const create = { width: 16, height: 16, channels: 3, background: 'white' } as const;
    for (let digit = 0; digit < 10; digit++) {
      mkdirSync(join(cwd, 'new', String(digit)), { recursive: true });
      for (const name of ['a.png', 'b.png'])
        await sharp({ create }).toFile(join(cwd, 'new', String(digit), name));
    }
    const { code, stdout } = await run(['evaluate', FIRST, '--task', 'new', '--compare', SECOND], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^images +20: all there are$/m);
    expect(stdout).toMatch(/^Compared with second$/m);
    expect(stdout).toMatch(/ Of 20 images /);
    expect(stdout).not.toContain('warning');
    const part = await run(['evaluate', FIRST, '--task', 'new', '--split', 'test', '--json'], { cwd });
    expect(JSON.parse(part.stdout)).toMatchObject({ split: 'test', trainedOn: 0, count: 10 });
  });

  test.each([
    ['an unknown split', ['--split', 'val'], /'val' is invalid\. Allowed choices are test, train, all/],
    [
      'another ending',
      ['--predictions', 'said.xlsx'],
      /ends in one of \.parquet, \.csv, \.jsonl .*'said\.xlsx'/,
    ],
    [
      'a folder in place of a file',
      ['--mistakes', 'pictures'],
      /ends in \.png for --mistakes, received 'pictures'/,
    ],
    ['a place that is none', ['--predictions', 'pictures/wide.png/a.csv'], /Cannot write to .*--predictions/],
    ['a second model that is none', ['--compare', 'third'], /Unknown base 'third'/],
    ['a second model of other classes', ['--compare', 'efficientnet-lite0'], /The model's classes are 1000/],
  ])('%s: exit code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await answer(['evaluate', FIRST, ...args], { cwd });
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('predict', () => {
  const piped = (args: string[], input: Buffer | string) =>
    execFileSync(process.execPath, [BIN, 'predict', FIRST, ...args], { cwd, input, encoding: 'utf8' });

  test('takes patterns, paths from standard input, and an image from there', async () => {
    const { stdout } = await answer(['predict', FIRST, 'pictures/*', '--json'], { cwd });
    const found = JSON.parse(stdout) as { file: string; predictions: object[] }[];
    expect(found.map(({ file }) => file)).toEqual(['pictures/high.jpg', 'pictures/wide.png']);
    expect(JSON.parse(piped(['-', '--json'], 'pictures/high.jpg\npictures/wide.png\n'))).toEqual(found);
    const [image] = JSON.parse(piped(['-', '--json'], readFileSync(join(cwd, 'pictures/wide.png'))));
    expect(image.file).toBe('-');
    expect(image.predictions[0].label).toBe((found[1]!.predictions[0] as { label: string }).label);
  });

  test('--csv has a line for each class of each image', async () => {
    const { code, stdout, stderr } = await answer(['predict', FIRST, 'pictures', '--csv', '--top', '3'], {
      cwd,
    });
    expect([code, stderr]).toEqual([0, '']);
    const rows = parse(stdout, { columns: true }) as Record<string, string>[];
    expect(rows.map(({ file, rank }) => [file, rank])).toEqual(
      ['pictures/high.jpg', 'pictures/wide.png'].flatMap((file) =>
        ['1', '2', '3'].map((rank) => [file, rank]),
      ),
    );
    for (const { label, index, probability } of rows) {
      expect(label).toBe(index);
      expect(Number(probability)).toBeGreaterThan(0);
    }
  });

  test('writes embeddings and explanations, and says where', async () => {
    const args = ['pictures', '--embeddings', 'e.npy', '--explain', 'why', '--explain-class', '7'];
    const { code, stderr } = await answer(['predict', FIRST, ...args], { cwd });
    expect([code, stderr]).toEqual([0, 'written: e.npy\nwritten: e.names.json\nwritten: why\n']);
    expect(readNpy(join(cwd, 'e.npy')).shape).toEqual([2, 1280]);
    expect(readdirSync(join(cwd, 'why'))).toEqual(['high.cam.png', 'wide.cam.png']);
    const { width, height } = await sharp(join(cwd, 'why/wide.cam.png')).metadata();
    expect([width, height]).toEqual([240, 160 + 58]);
  });

  test('a bad image ends it, or is left out and named at the end: exit code 1', async () => {
    write('broken.jpg', 'no image');
    const args = ['predict', FIRST, 'broken.jpg', 'pictures/wide.png', '--json'];
    const failed = await answer(args, { cwd });
    expect([failed.code, failed.stdout]).toEqual([2, '']);
    expect(failed.stderr).toMatch(/^error: Cannot read the image broken\.jpg: /);
    const { code, stdout, stderr } = await run([...args, '--on-bad-image', 'skip'], { cwd });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([{ file: 'pictures/wide.png' }]);
    expect(stderr).toMatch(/^1 image could not be read:\n {2}Cannot read the image broken\.jpg: .*\n$/);
  });

  test.each([
    ['two forms', ['--csv', '--json'], /--json and --csv are two forms of the same/],
    ['a class without a folder', ['--explain-class', '7'], /give --explain FOLDER as well/],
    ['an unknown class', ['--explain', 'never', '--explain-class', 'cat'], /Unknown class 'cat'/],
    ['another ending', ['--embeddings', 'e.npz'], /ends in \.npy for --embeddings, received 'e\.npz'/],
    [
      'a file for a folder',
      ['--explain', 'pictures/wide.png'],
      /Cannot write to pictures\/wide\.png.*--explain/,
    ],
  ])('%s: exit code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await answer(['predict', FIRST, 'pictures', ...args], { cwd });
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
    expect(existsSync(join(cwd, 'e.npz'))).toBe(false);
  });
});
