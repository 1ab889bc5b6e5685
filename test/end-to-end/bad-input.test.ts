import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { answer } from './answer.js';
import { compile, run } from './command.js';

const { path: cwd, write } = temporaryFolder();

beforeAll(async () => {
  compile();
  await imageFolder('empty-class', { cat: 2, dog: 0 });
  await imageFolder('broken-image', { cat: 2, dog: 2 });
  write('broken-image/dog/1.png', 'not an image');
  await imageFolder('one-class', { cat: 2 });
  await writeSafetensors(join(cwd, 'other.safetensors'), weights('encoder/kernel'));
  await writeSafetensors(join(cwd, 'whole.safetensors'), weights('predictions/kernel'));
  write('cut.safetensors', readFileSync(join(cwd, 'whole.safetensors')).subarray(0, 100));
  write('notes.pth', 'no weights at all');
  mkdirSync(join(cwd, 'taken'));
  write('taken/config.json', '{"recipe": {}}');
  write('recipe.yaml', 'epoch: 3\n');
});

const weights = (name: string) =>
  new Map([[name, { dtype: 'float32', shape: [8], data: new Float32Array(8) } as const]]);

async function imageFolder(name: string, classes: Record<string, number>): Promise<void> {
  for (const [label, images] of Object.entries(classes)) {
    mkdirSync(join(cwd, name, label), { recursive: true });
    for (let i = 0; i < images; i++) {
      const image = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } });
      writeFileSync(join(cwd, name, label, `${i}.png`), await image.png().toBuffer());
    }
  }
}

const BASE = ['--base', 'efficientnet-lite0'];
const DIGITS = ['--task', 'digits'];
const RANDOM = [...BASE, '--weights', 'none'];

const cases: [string, string[], RegExp][] = [
  [
    'an unknown base',
    ['--base', 'efficientnet-lite', ...DIGITS],
    /Unknown base 'efficientnet-lite'\. Did you mean 'efficientnet-lite0'\?/,
  ],
  ['an unknown task', [...RANDOM, '--task', 'digit'], /Unknown task 'digit'\. Did you mean 'digits'\?/],
  ['no task', RANDOM, /--task is missing/],
  ['a truncated weight file', [...BASE, '--weights', 'cut.safetensors', ...DIGITS], /cut\.safetensors/],
  [
    'a file that holds no weights',
    [...BASE, '--weights', 'notes.pth', ...DIGITS],
    /notes\.pth is in no format .*Read are: /,
  ],
  [
    'a weight file that does not exist',
    [...BASE, '--weights', 'none.pth', ...DIGITS],
    /No file of weights at .*none\.pth\. Check the path/,
  ],
  [
    'weights of another architecture',
    [...BASE, '--weights', 'other.safetensors', ...DIGITS],
    /weights in .*other\.safetensors do not fit this base: .* another architecture.*encoder\/kernel.*--base/s,
  ],
  [
    'a base without pretrained weights',
    ['--base', 'resnet-50-v1', ...DIGITS],
    /resnet-50-v1 .*--weights PATH/,
  ],
  [
    'a missing data folder',
    [...RANDOM, '--task', 'cifar10', '--data', 'nowhere'],
    /existing folder for --data, received '.*nowhere'\. Leave --data out/,
  ],
  ['a missing task folder', [...RANDOM, '--task', './nowhere'], /'\.\/nowhere'\. Check the path/],
  [
    'a class folder without images',
    [...RANDOM, '--task', 'empty-class'],
    /class folder .*empty-class\/dog has no images .*remove the folder/,
  ],
  ['one class', [...RANDOM, '--task', 'one-class'], /Only one class folder in .*one-class/],
  [
    'an unreadable image',
    [...RANDOM, '--task', 'broken-image', '--batch-size', '2'],
    /Cannot read the image .*broken-image\/dog\/1\.png: .*Replace it or remove it/,
  ],
  [
    'an image size below what the network takes',
    [...RANDOM, ...DIGITS, '--image-size', '16'],
    /32 pixels or more with efficientnet-lite0 for image size, received 16/,
  ],
  [
    'a batch larger than the data',
    [...RANDOM, ...DIGITS, '--limit', '20', '--batch-size', '21'],
    /at most 20, .*for --batch-size, received 21\. Take a smaller batch/,
  ],
  [
    'an output folder that holds another run',
    [...RANDOM, ...DIGITS, '--out', 'taken'],
    /folder taken holds another run\. Name another with --out/,
  ],
  ['a run to resume that is none', ['--resume', '--out', 'nowhere'], /no run in nowhere to resume/],
  ['--resume alone', ['--resume'], /--out RUN/],
  [
    'an unknown option',
    [...RANDOM, ...DIGITS, '--epoch', '3'],
    /unknown option '--epoch'\n\(Did you mean --epochs\?\)/,
  ],
  [
    'an unknown key in a recipe',
    ['--config', 'recipe.yaml', ...RANDOM, ...DIGITS],
    /recipe\.yaml: 'epoch'\. Did you mean 'epochs'\?/,
  ],
  [
    'a value that is no number',
    [...RANDOM, ...DIGITS, '--rho', 'small'],
    /a number for --rho, received 'small'/,
  ],
  ['an unknown command', ['evalute', 'runs/x'], /Unknown command 'evalute'\. Did you mean 'evaluate'\?/],
  ['a missing argument', ['predict'], /missing required argument/],
  [
    'an unknown export format',
    ['export', 'taken', '--out', 'x', '--format', 'onxn'],
    /'onxn' is invalid\. Allowed choices are tfjs-layers/,
  ],
  [
    'a run without a model',
    ['evaluate', 'taken', '--task', 'digits'],
    /run taken has no model yet.*--resume --out taken/,
  ],
  ['something to export that is no model', ['export', 'nothing', '--out', 'x'], /Unknown base 'nothing'/],
  [
    'an image that does not exist',
    ['predict', 'efficientnet-lite0', 'none.png'],
    /no image or folder at none\.png/,
  ],
];

/** Those that the real command is started for: of each stage one. The others are asked for within this process. */
const STARTED = ['an unknown option', 'a truncated weight file', 'an unreadable image'];

test.each(cases)(
  '%s: exit code 2, and a message that names it and the way out',
  async (name, args, message) => {
    const { code, stdout, stderr } = await (STARTED.includes(name) ? run : answer)(args, { cwd });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect([code, stdout]).toEqual([2, '']);
    expect(existsSync(join(cwd, 'runs'))).toBe(false);
  },
);
