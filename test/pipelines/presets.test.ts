import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { preset as cifar } from '../../pipelines/cifar.js';
import { preset as fashionMnist } from '../../pipelines/fashion-mnist.js';
import { preset as fineTuneEfficientnet } from '../../pipelines/fine-tune-efficientnet.js';
import { preset as imagenetResnet } from '../../pipelines/imagenet-resnet.js';
import { type Choices, type Preset, recipeOf } from '../../pipelines/preset.js';
import { preset as svhn } from '../../pipelines/svhn.js';
import { TASKS } from '../../src/data/tasks/index.js';
import { packageRoot } from '../../src/package-root.js';
import { checkWeights, locateBase } from '../../src/weights/import-base.js';

const PRESETS: Record<string, Preset> = {
  cifar,
  svhn,
  'fashion-mnist': fashionMnist,
  'imagenet-resnet': imagenetResnet,
  'fine-tune-efficientnet': fineTuneEfficientnet,
} as Record<string, Preset>;

/** Every combination of a preset's choices, as arguments. */
function argumentsOf(choices: Choices): string[][] {
  return Object.entries(choices).reduce<string[][]>(
    (all, [name, values]) => all.flatMap((args) => values.map((value) => [...args, `--${name}`, value])),
    [[]],
  );
}

describe.each(Object.entries(PRESETS))('%s', (_, preset) => {
  test.each(argumentsOf(preset.choices).map((args) => [args.join(' '), args]))('%s', (_, args) => {
    const [full, quick] = [[], ['--quick']].map((more) =>
      recipeOf(preset, [...args, '--data', '/d', ...more]),
    );
    for (const recipe of [full!, quick!]) {
      expect(() => checkWeights(locateBase(recipe.base), recipe.base, recipe)).not.toThrow();
      expect(recipe.task === '/d' || Object.hasOwn(TASKS, recipe.task)).toBe(true);
      // Each device of the paper perturbs as many images.
      expect(recipe.batchSize % recipe.m).toBe(0);
      expect([recipe.sam, recipe.rho > 0, recipe.bestMetric]).toEqual(['sam', true, 'last']);
    }
    const { batchSize, accumulate, augment, optimizer, rho } = full!;
    const images = batchSize * accumulate;
    expect([256, 512, 1024, 4096]).toContain(images);
    expect(quick!.limit).toBeGreaterThanOrEqual(quick!.batchSize * quick!.accumulate);
    expect(quick!.limit).toBeLessThanOrEqual(512);
    expect(quick!.epochs).toBeLessThanOrEqual(3);
    // The same recipe in small.
    expect(quick).toMatchObject({ augment, optimizer, rho });
  });
});

describe('hyper-parameters of the paper', () => {
  test.each([
    ['cifar', '', { learningRate: 0.1, weightDecay: 0.0005, rho: 0.05, epochs: 200, m: 32 }],
    [
      'cifar',
      '--network wide-resnet-28-10-1800 --task cifar100',
      { learningRate: 0.05, weightDecay: 0.001, rho: 0.1 },
    ],
    ['cifar', '--network shake-shake-26-2x96d', { learningRate: 0.02, weightDecay: 0.001, rho: 0.02 }],
    ['cifar', '--network pyramidnet-272-alpha200 --task cifar100', { learningRate: 0.05, rho: 0.05 }],
    ['svhn', '', { task: 'svhn-extra', learningRate: 0.01, weightDecay: 0.0005, rho: 0.01 }],
    ['fashion-mnist', '--network shake-shake-26-2x96d', { learningRate: 0.1, rho: 0.02 }],
    [
      'imagenet-resnet',
      '--data /d',
      { task: 'imagenet', data: '/d', learningRate: 1, labelSmoothing: 0.1, m: 128 },
    ],
    // 104 epochs of 48 updates: 5,000.
    ['fine-tune-efficientnet', '', { learningRate: 0.016, weightDecay: 0.00001, bn: 'frozen', epochs: 104 }],
    ['fine-tune-efficientnet', '--network efficientnet-l2-475', { learningRate: 0.008, m: 4, epochs: 103 }],
    [
      'fine-tune-efficientnet',
      '--task imagenet --data /d',
      { learningRate: 0.1, epochs: 10, keepMatchingClasses: true },
    ],
  ])('%s %s', (name, args, expected) => {
    expect(recipeOf(PRESETS[name]!, args.split(' ').filter(Boolean))).toMatchObject(expected);
  });

  test('digits are not mirrored', () => {
    for (const args of argumentsOf(svhn.choices)) expect(recipeOf(svhn, args).augment).not.toContain('flip');
  });
});

describe('arguments', () => {
  test('a folder of class folders is a task of its own; ImageNet is so as it comes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'preset-'));
    mkdirSync(join(folder, 'train'));
    const taskOf = (preset: Preset, ...args: string[]) => recipeOf(preset, [...args, '--data', folder]);
    const [efficientnet, resnet] = [PRESETS['fine-tune-efficientnet']!, PRESETS['imagenet-resnet']!];
    try {
      expect(taskOf(efficientnet, '--task', 'flowers').task).toBe(folder);
      expect(taskOf(efficientnet, '--task', 'aircraft').task).toBe(folder);
      expect(taskOf(resnet)).toMatchObject({ task: 'imagenet', data: folder });
      expect(taskOf(resnet, '--quick').task).toBe(folder);
      rmSync(join(folder, 'train'), { recursive: true });
      // A file of CIFAR-100's Python layout has that name.
      writeFileSync(join(folder, 'train'), '');
      expect(taskOf(PRESETS.cifar!, '--task', 'cifar100')).toMatchObject({ task: 'cifar100', data: folder });
      expect(taskOf(efficientnet, '--task', 'flowers')).toMatchObject({ task: 'flowers102', data: folder });
      expect(recipeOf(efficientnet, ['--task', 'pets'])).toMatchObject({ task: 'pets' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('seed, epochs, folders, and the base optimizer alone', () => {
    const args = '--seed 3 --epochs 7 --data /d --out /o --no-sam';
    expect(recipeOf(cifar, args.split(' '))).toMatchObject({
      seed: 3,
      epochs: 7,
      data: '/d',
      out: '/o',
      sam: 'none',
      task: 'cifar10',
    });
  });

  test('what is wrong is named, with what there is', () => {
    const refused = (...args: string[]) => expect(() => recipeOf(cifar, args));
    refused('--task', 'mnist').toThrow("Expected one of cifar10, cifar100 for --task, received 'mnist'.");
    refused('--rho', '1').toThrow(/'--rho'.* There are: --network, --task, --augment, --data/s);
    refused('--seed', 'one').toThrow('--seed');
    refused('--epochs', '0.5').toThrow('Expected a whole number for --epochs, received 0.5');
    expect(() => recipeOf(fineTuneEfficientnet, ['--task', 'birdsnap'])).toThrow(
      '--data is missing: name the folder of birdsnap, with a folder for each class in train/ and val/.',
    );
  });
});

/** Files in the folder that are no program. */
const PARTS = ['preset.ts', 'grid.ts'];

describe('the opening of each program', () => {
  const folder = join(packageRoot, 'pipelines');
  const programs = readdirSync(folder).filter((file) => file.endsWith('.ts') && !PARTS.includes(file));

  test.each(programs)('%s: command, hardware, time, expected result, quick form', (file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const opening = text.slice(0, text.indexOf('*/'));
    expect(opening.startsWith('/**')).toBe(true);
    expect(opening).toContain(`node dist/pipelines/${file.replace('.ts', '.js')}`);
    for (const part of ['hardware', 'time', 'expected', '--quick'])
      expect(opening).toMatch(new RegExp(`^ \\* ${part} `, 'm'));
  });

  test.each([...Object.keys(PRESETS), 'label-noise'])("%s: figures are marked as the paper's", (name) => {
    const text = readFileSync(join(folder, `${name}.ts`), 'utf8');
    const opening = text.slice(0, text.indexOf('*/'));
    expect(opening).toMatch(/arXiv 2010\.01412/);
    expect(opening).toMatch(/^ \* expected +not measured by this project\. The PAPER's /m);
    expect(opening).toMatch(/table \d/);
  });

  test('every program with a preset is checked above', () => {
    const withPreset = programs.filter((file) =>
      readFileSync(join(folder, file), 'utf8').includes('runIfMain('),
    );
    expect(withPreset.map((file) => file.replace('.ts', '')).sort()).toEqual(Object.keys(PRESETS).sort());
  });
});
