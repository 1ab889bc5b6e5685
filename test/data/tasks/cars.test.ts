import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CARS, loadCars } from '../../../src/data/tasks/cars.js';
import { temporaryFolder, write } from '../fixtures.js';
import { copyByScipy, packed, withContents, writeCars } from './image-sets.js';

const load = (data: string) => loadCars(CARS, { data, cache: '/nowhere' });

test('images, classes and labels of both splits', async () => {
  const data = writeCars();
  const { name, classes, train, test: heldOut } = await load(data);
  expect([name, classes.length, classes[0]]).toEqual(['cars', 196, 'Make 0 Model 1 Coupé']);
  for (const [dataset, folder] of [
    [train, 'cars_train'],
    [heldOut, 'cars_test'],
  ] as const) {
    // Image i has the class 196 - i, counted from 1.
    expect([...dataset.labels]).toEqual(Array.from({ length: 196 }, (_, i) => 195 - i));
    if (dataset.source.kind !== 'encoded') throw new Error('expected files');
    expect(dataset.source.images.nameOf(2)).toBe(join(data, folder, '00003.jpg'));
  }
});

test('labels of the test in the development kit, or all in a folder as torchvision has it', async () => {
  const data = temporaryFolder();
  writeCars(join(data, 'stanford_cars'));
  const { fingerprint } = await load(data);
  rmSync(join(data, 'stanford_cars/cars_test_annos_withlabels.mat'));
  copyByScipy('cars_test_annos_withlabels.mat', join(data, 'stanford_cars/devkit'));
  expect((await load(join(data, 'stanford_cars'))).fingerprint).toBe(fingerprint);
});

test('the archives themselves', async () => {
  const folder = writeCars();
  const contents = packed(CARS, folder);
  const files = withContents(CARS, contents, 'http://127.0.0.1:9');
  const data = temporaryFolder();
  for (const [name, content] of Object.entries(contents)) write(join(data, name), content);
  const { fingerprint } = await loadCars(files, { data, cache: temporaryFolder() });
  expect((await load(folder)).fingerprint).toBe(fingerprint);
});

describe('errors', () => {
  test('nothing is downloaded: which files to put where', async () => {
    const cache = temporaryFolder();
    await expect(loadCars(CARS, { cache })).rejects.toThrow(
      `No Stanford Cars in ${join(cache, 'data/stanford_cars')}: it lacks cars_train.tgz (979269282 bytes), or its folder cars_train, ` +
        'cars_test.tgz (977350468 bytes), or its folder cars_test, car_devkit.tgz (330960 bytes), or its folder devkit, ' +
        'cars_test_annos_withlabels.mat (185758 bytes). Its authors serve it no longer; https://github.com/pytorch/vision/issues/7545 says where copies are.',
    );
    const data = writeCars();
    rmSync(join(data, 'cars_test_annos_withlabels.mat'));
    await expect(load(data)).rejects.toThrow(
      `No Stanford Cars in ${data}: it lacks cars_test_annos_withlabels.mat (185758 bytes). Its authors`,
    );
  });

  test('another MATLAB file under that name, and a class that does not exist', async () => {
    const data = writeCars();
    const list = join(data, 'cars_test_annos_withlabels.mat');
    copyFileSync(join(data, 'devkit/cars_meta.mat'), list);
    await expect(load(data)).rejects.toThrow(
      `${list} cannot be read as a MATLAB file: it has no variable annotations. Get it again.`,
    );
    const trainList = join(data, 'devkit/cars_train_annos.mat');
    copyByScipy('cars_meta_of_3.mat', data);
    copyFileSync(join(data, 'cars_meta_of_3.mat'), join(data, 'devkit/cars_meta.mat'));
    await expect(load(data)).rejects.toThrow(
      `${trainList} gives 00001.jpg the class 196 in entry 0; there are 1..3. Get it again.`,
    );
  });

  test('an image that is missing', async () => {
    const data = writeCars();
    rmSync(join(data, 'cars_test/00005.jpg'));
    await expect(load(data)).rejects.toThrow(
      `${join(data, 'cars_test_annos_withlabels.mat')}, entry 4 names ${join(data, 'cars_test/00005.jpg')}, which is not there.`,
    );
  });
});
