import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { importBase } from '../../src/weights/import-base.js';
import { digest } from '../export/digest.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { answer } from './answer.js';
import { compile, type Outcome, QUICK, quiet, run } from './command.js';

const { path: cwd, write } = temporaryFolder();
const RUN = 'runs/efficientnet-lite0-digits';
let trained: Outcome;

beforeAll(async () => {
  compile();
  trained = await run([...QUICK, '--epochs', '1'], { cwd });
  mkdirSync(join(cwd, 'pictures', 'deeper'), { recursive: true });
  for (const [name, value] of [
    ['a.png', 40],
    ['deeper/b.jpg', 200],
  ] as const) {
    const noise = {
      create: { width: 20, height: 12, channels: 3, background: { r: value, g: value, b: 9 } },
    } as const;
    await sharp(noise).toFile(join(cwd, 'pictures', name));
  }
});

const json = (text: string): unknown => JSON.parse(text);

describe('train, the default command', () => {
  test('ends well, with the result alone on standard output', () => {
    expect(trained.stderr).not.toContain('error:');
    expect(trained.code).toBe(0);
    expect(trained.stdout).toMatch(
      /^Held-out top-1 \d+\.\d\d % on 359 images \(epoch 1\)\nBest model: runs\/efficientnet-lite0-digits\/model\n$/,
    );
  });

  test('says what it resolved, and how each epoch went, without a bar where there is no terminal', () => {
    const { stderr } = trained;
    for (const said of [
      /^base +efficientnet-lite0$/m,
      /^weights +random weights$/m,
      /^task +digits: 64 training images, 359 held out, 10 classes$/m,
      /^input +32 x 32 px, augmented by crop$/m,
      /^steps +1 epoch of 4 steps, batch 16$/m,
      /^gradient +SAM, rho [\d.]+$/m,
      /^optimizer +\w+, .*learning rate [\d.]+, weight decay [\d.]+$/m,
      /^seed +0$/m,
      /^device +CPU:0.*TensorFlow \d/m,
      /^out +runs\/efficientnet-lite0-digits$/m,
      /^epoch 1\/1: loss \d+\.\d+, held-out top-1 \d+\.\d+ %, top-5 \d+\.\d+ %, 0:\d\d, best$/m,
    ])
      expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/[█░\r]/);
    expect(stripVTControlCharacters(stderr)).toBe(stderr);
    expect(stderr).not.toMatch(/oneDNN|cpu_feature_guard|I0000|WARNING/);
  });

  test('leaves a run: record, metrics, checkpoint, model', () => {
    const config = json(readFileSync(join(cwd, RUN, 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(config.recipe).toMatchObject({
      base: 'efficientnet-lite0',
      task: 'digits',
      weights: 'none',
      limit: 64,
    });
    expect(config.recipe).toMatchObject({ imageSize: 32, epochs: 1, augment: ['crop'], out: join(cwd, RUN) });
    expect(config.versions).toMatchObject({
      node: process.versions.node,
      tensorflow: expect.stringMatching(/^\d/),
    });
    expect(config.base).toEqual({ name: 'efficientnet-lite0', origin: 'efficientnet-lite0, random weights' });
    expect(config.fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(config.command).toMatch(/^sam-finetune --base efficientnet-lite0 .*--epochs 1$/);
    expect(Date.parse(config.started as string)).toBeGreaterThan(0);
    const events = readFileSync(join(cwd, RUN, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(json);
    expect(events.map((event) => (event as { event: string }).event)).toEqual([
      ...Array(4).fill('step'),
      'epoch',
      'evaluate',
    ]);
    expect(readdirSync(join(cwd, RUN)).sort()).toEqual([
      'checkpoints',
      'config.json',
      'metrics.jsonl',
      'model',
    ]);
  });

  test('a second run of the same names gets a number; --dry-run resolves it, and writes nothing', async () => {
    const before = readdirSync(cwd, { recursive: true });
    const args = [...QUICK, '--lr', '0.01', '--rho', 'none', '--dry-run'];
    const { code, stdout, stderr } = await answer(args, { cwd });
    expect(code).toBe(0);
    expect(stderr).toBe('');
    const recipe = parse(stdout);
    expect(recipe).toMatchObject({ learningRate: 0.01, rho: 0, imageSize: 32, out: `${RUN}-2` });
    expect(readdirSync(cwd, { recursive: true })).toEqual(before);
    // What it prints is a recipe file.
    const again = await answer(['--config', write('recipe.yaml', stdout), '--rho', '0.2', '--dry-run'], {
      cwd,
    });
    expect(parse(again.stdout)).toEqual({ ...recipe, rho: 0.2 });
  });

  test('works as well under its name', async () => {
    const { code, stdout } = await answer(['train', ...QUICK, '--dry-run'], { cwd });
    expect([code, parse(stdout).task]).toEqual([0, 'digits']);
  });
});

describe('what takes a run', () => {
  test('evaluate measures what training reported, on the task of the run', async () => {
    const { code, stdout, stderr } = await run(['evaluate', RUN, '--json'], { cwd });
    expect([code, quiet(stderr)]).toEqual([0, '']);
    const metrics = json(stdout) as Record<string, number>;
    expect(metrics).toMatchObject({ model: RUN, task: 'digits', count: 359 });
    expect(trained.stdout).toContain(`top-1 ${(100 * metrics.top1!).toFixed(2)} %`);
    const text = await answer(['evaluate', RUN, '--task', 'digits'], { cwd });
    expect(text.stdout).toMatch(
      /^task +digits\nimages +359: those held out\ntop-1 +[\d.]+ %\ntop-5 +[\d.]+ %\nloss +[\d.]+\nmacro average /,
    );
  });

  test('predict gives the likeliest classes of files and of the images in folders', async () => {
    const { code, stdout, stderr } = await run(
      ['predict', RUN, 'pictures', 'pictures/a.png', '--top', '2', '--json', '--logits'],
      { cwd },
    );
    expect([code, stderr]).toEqual([0, '']);
    const entries = json(stdout) as { file: string; predictions: object[]; logits: number[] }[];
    expect(entries.map(({ file }) => file)).toEqual([
      'pictures/a.png',
      'pictures/deeper/b.jpg',
      'pictures/a.png',
    ]);
    for (const { predictions, logits } of entries) {
      expect(predictions).toHaveLength(2);
      expect(Object.keys(predictions[0]!).sort()).toEqual(['index', 'label', 'probability']);
      expect(logits).toHaveLength(10);
    }
    expect(entries[2]!.logits).toEqual(entries[0]!.logits);
    const text = await answer(['predict', RUN, 'pictures/a.png', '--top', '3'], { cwd });
    expect(text.stdout).toMatch(/^pictures\/a\.png\n(\s+\d+\.\d\d % {2}\d\n){3}$/);
  });

  test('export writes a model that imports with the same weights, and refuses a folder with other things', async () => {
    const { code, stdout } = await run(['export', RUN, '--format', 'tfjs-layers', '--out', 'exported'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/tf\.loadLayersModel\('file:.*\/exported\/model\.json'\)/);
    const [ours, theirs] = [await importBase(join(cwd, RUN)), await importBase(join(cwd, 'exported'))];
    expect(digest(theirs.weights)).toEqual(digest(ours.weights));
    expect(theirs.labels).toEqual(ours.labels);
    const refused = await answer(['export', RUN, '--out', 'pictures'], { cwd });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error: The folder pictures .*'a\.png'.*Name another folder/);
    expect(existsSync(join(cwd, 'pictures', 'a.png'))).toBe(true);
  });

  test('a run is a base for another task, and an exported model too', async () => {
    for (const base of [RUN, 'exported']) {
      const args = ['--base', base, '--task', 'digits', '--limit', '32', '--dry-run'];
      const { code, stdout } = await answer(args, { cwd });
      expect([code, parse(stdout).base]).toEqual([0, join(cwd, base)]);
    }
  });
});
