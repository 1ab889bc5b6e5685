import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadImagenet } from '../../../src/data/tasks/imagenet.js';
import { temporaryFolder, write } from '../fixtures.js';
import { copyByScipy, WNIDS, writeImagenet } from './image-sets.js';

const load = (data: string, cache = '/nowhere') => loadImagenet({ data, cache });
const validation = (n: number) => `ILSVRC2012_val_${String(n).padStart(8, '0')}.JPEG`;

/** Images in 1,000 class folders: written once, and linked to. */
let shared: string;
beforeAll(() => {
  shared = mkdtempSync(join(tmpdir(), 'imagenet-'));
  writeImagenet(shared);
});
afterAll(() => rmSync(shared, { recursive: true }));

function link(split: 'train' | 'val', root: string): string {
  mkdirSync(root, { recursive: true });
  symlinkSync(join(shared, split), join(root, split), 'junction');
  return root;
}

/** Class of each validation image. */
const LABELS = [999, 0, 217, 0];

function writeFlat(val: string): void {
  LABELS.forEach((_, i) => {
    write(join(val, validation(i + 1)), '');
  });
}

/** The development kit: class i has the number (7 i + 3) % 1000 + 1. */
function writeDevkit(folder: string): string {
  copyByScipy('meta.mat', write(join(folder, 'data/readme.txt'), '').replace(/readme\.txt$/, ''));
  const numbers = LABELS.map((label) => ((7 * label + 3) % 1000) + 1);
  return write(join(folder, 'data/ILSVRC2012_validation_ground_truth.txt'), `${numbers.join('\n')}\n`);
}

/** Kaggle's layout, its lines in no order. */
function writeKaggle(folder = temporaryFolder()): string {
  link('train', join(folder, 'ILSVRC/Data/CLS-LOC'));
  writeFlat(join(folder, 'ILSVRC/Data/CLS-LOC/val'));
  const lines = LABELS.map(
    (label, i) => `${validation(i + 1).slice(0, -5)},${WNIDS[label]} 85 1 499 272 ${WNIDS[label]} 1 2 3 4 `,
  );
  write(join(folder, 'LOC_val_solution.csv'), `ImageId,PredictionString\n${lines.reverse().join('\n')}\n`);
  return folder;
}

describe('class folders', () => {
  test('classes by name, in the order of pretrained networks', async () => {
    const data = link('val', link('train', temporaryFolder()));
    const { name, classes, train, test: heldOut } = await load(data);
    expect([name, classes.length, classes[0], classes[134], classes[999]]).toEqual([
      'imagenet',
      1000,
      'tench',
      'crane (bird)',
      'toilet tissue',
    ]);
    expect([...train.labels]).toEqual(Array.from({ length: 1000 }, (_, label) => label));
    expect(heldOut.labels).toEqual(train.labels);
    if (heldOut.source.kind !== 'encoded') throw new Error('expected files');
    expect(heldOut.source.images.nameOf(999)).toBe(join(data, 'val/n15075141', validation(293)));
  });

  test('in the cache, where nothing is named', async () => {
    const cache = temporaryFolder();
    link('val', link('train', join(cache, 'data/imagenet')));
    expect((await loadImagenet({ cache })).train.length).toBe(1000);
  });

  test('a class that is missing', async () => {
    const data = link('val', temporaryFolder());
    for (const wnid of WNIDS.slice(1)) mkdirSync(join(data, 'train', wnid), { recursive: true });
    await expect(load(data)).rejects.toThrow(
      `${join(data, 'train')} lacks 1 of 1000 class folders: n01440764. Get them again; a part of the classes is a task of its own`,
    );
  });
});

describe('validation images in one folder', () => {
  test('with the development kit, unpacked or not', async () => {
    const data = link('train', temporaryFolder());
    writeFlat(join(data, 'val'));
    writeDevkit(join(data, 'ILSVRC2012_devkit_t12'));
    const { test: heldOut, fingerprint } = await load(data);
    expect([...heldOut.labels]).toEqual(LABELS);

    execFileSync('tar', [
      '-czf',
      join(data, 'ILSVRC2012_devkit_t12.tar.gz'),
      '-C',
      data,
      'ILSVRC2012_devkit_t12',
    ]);
    rmSync(join(data, 'ILSVRC2012_devkit_t12'), { recursive: true });
    expect((await load(data, temporaryFolder())).fingerprint).toBe(fingerprint);
  });

  test('some of them', async () => {
    const data = link('train', temporaryFolder());
    write(join(data, 'val', validation(3)), '');
    writeDevkit(join(data, 'ILSVRC2012_devkit_t12'));
    expect([...(await load(data)).test.labels]).toEqual([217]);
  });

  test.each([
    ['all of it', ''],
    ['ILSVRC', 'ILSVRC'],
    ['the folder of the images', 'ILSVRC/Data/CLS-LOC'],
  ])("Kaggle's layout, named by %s", async (_, folder) => {
    const data = writeKaggle();
    const { train, test: heldOut } = await load(join(data, folder));
    expect([...heldOut.labels]).toEqual(LABELS);
    expect(train.length).toBe(1000);
  });

  test('nothing to tell classes by: which file to put where', async () => {
    const data = writeKaggle();
    rmSync(join(data, 'LOC_val_solution.csv'));
    await expect(load(data)).rejects.toThrow(
      `The validation images of ImageNet in ${join(data, 'ILSVRC/Data/CLS-LOC')} are in no class folders, and there is nothing to tell their classes by. ` +
        'Put ILSVRC2012_devkit_t12.tar.gz from https://image-net.org/download-images there, or LOC_val_solution.csv from Kaggle.',
    );
  });

  test('an image without a label', async () => {
    const data = writeKaggle();
    const image = write(join(data, 'ILSVRC/Data/CLS-LOC/val', validation(5)), '');
    await expect(load(data)).rejects.toThrow(
      `${image} has no label in ${join(data, 'LOC_val_solution.csv')}, which has those of ILSVRC2012_val_00000001 to ILSVRC2012_val_00000004.`,
    );
  });

  test('lines that name no class', async () => {
    const data = writeKaggle();
    const solution = join(data, 'LOC_val_solution.csv');
    write(solution, `${readFileSync(solution, 'utf8')}ILSVRC2012_val_00000005,n00000000 1 2 3 4\n`);
    await expect(load(data)).rejects.toThrow(
      `in ${solution}, line 6, received 'ILSVRC2012_val_00000005,n00000000`,
    );
    const truth = writeDevkit(join(data, 'ILSVRC2012_devkit_t12'));
    write(truth, '1\n1001\n');
    // A synset above the classes.
    await expect(load(data)).rejects.toThrow(
      `Expected the number of a class in ${truth}, line 2, received '1001'.`,
    );
    rmSync(truth);
    await expect(load(data)).rejects.toThrow(
      `${truth} is missing. Unpack ILSVRC2012_devkit_t12.tar.gz again.`,
    );
  });
});

test('folders without ImageNet: what is expected, and where to get it', async () => {
  const data = temporaryFolder();
  await expect(load(data)).rejects.toThrow(
    `No ImageNet in ${data}: it lacks train. Expected train/ with a folder a class`,
  );
  write(join(data, 'train/n01440764/1.JPEG'), '');
  await expect(load(data)).rejects.toThrow(`No ImageNet in ${data}: it lacks val.`);
  await expect(load('/no/where')).rejects.toThrow(
    "Expected an existing folder for --data, received '/no/where'.",
  );
  const cache = temporaryFolder();
  const failure = loadImagenet({ cache });
  await expect(failure).rejects.toThrow(`No ImageNet in ${join(cache, 'data/imagenet')}`);
  for (const place of [
    'https://image-net.org/download-images',
    'https://www.kaggle.com/c/imagenet-object',
    '--data DIR',
  ])
    await expect(failure).rejects.toThrow(place);
});

describe('the official archives, as they are', () => {
  /** One archive a class. */
  let inner: string;
  beforeAll(() => {
    inner = mkdtempSync(join(tmpdir(), 'imagenet-tars-'));
    // A thousand processes begin sooner in a small shell than in this one.
    const each = 'for class in *; do tar -chf "$1/$class.tar" -C "$class" .; done';
    execFileSync('sh', ['-c', each, 'sh', inner], { cwd: join(shared, 'train') });
  });
  afterAll(() => rmSync(inner, { recursive: true }));

  /** An archive of the archives of the classes, and one of the validation images. */
  function writeTars(folder = temporaryFolder(), wnids: readonly string[] = WNIDS): string {
    execFileSync('tar', [
      '-cf',
      join(folder, 'ILSVRC2012_img_train.tar'),
      '-C',
      inner,
      ...wnids.map((wnid) => `${wnid}.tar`),
    ]);
    const val = temporaryFolder();
    writeFlat(val);
    execFileSync('tar', ['-cf', join(folder, 'ILSVRC2012_img_val.tar'), '-C', val, '.']);
    return folder;
  }

  test('are read inside', async () => {
    const data = writeTars();
    writeDevkit(join(data, 'ILSVRC2012_devkit_t12'));
    const { train, test: heldOut, classes, fingerprint } = await load(data, temporaryFolder());
    expect([classes.length, train.length]).toEqual([1000, 1000]);
    expect([...train.labels].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, label) => label),
    );
    if (train.source.kind !== 'encoded' || heldOut.source.kind !== 'encoded')
      throw new Error('expected encoded images');
    expect(train.source.images.nameOf(217)).toContain(
      `ILSVRC2012_img_train.tar: ${WNIDS[train.labels[217]!]}.tar/`,
    );
    const byName = new Map(
      Array.from(heldOut.labels, (label, row) => [
        (heldOut.source as typeof train.source & { kind: 'encoded' }).images.nameOf(row).slice(-13, -5),
        label,
      ]),
    );
    expect(LABELS.map((_, i) => byName.get(String(i + 1).padStart(8, '0')))).toEqual(LABELS);

    const kit = 'ILSVRC2012_devkit_t12';
    execFileSync('tar', ['-czf', join(data, `${kit}.tar.gz`), '-C', data, kit]);
    rmSync(join(data, kit), { recursive: true });
    expect((await load(data, temporaryFolder())).fingerprint).toBe(fingerprint);
  });

  test('a class that is missing is named', async () => {
    const data = writeTars(temporaryFolder(), WNIDS.slice(1));
    writeDevkit(join(data, 'ILSVRC2012_devkit_t12'));
    await expect(load(data, temporaryFolder())).rejects.toThrow(
      /img_train\.tar has no images of 1 of the 1000 classes, first n01440764/,
    );
  });
});
