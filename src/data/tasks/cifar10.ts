import { loadCifar } from './cifar.js';
import { CIFAR_LICENCE, type CifarLayout } from './cifar-layout.js';
import type { TaskEntry } from './entry.js';

/** CIFAR-10's files, in its official binary archive and the other layouts that it is spread in. */
export const CIFAR10: CifarLayout = {
  name: 'cifar10',
  title: 'CIFAR-10',
  archive: {
    url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    bytes: 170_052_171,
    md5: 'c32a1d4ab5d03f1284b67883e8d13530',
    folder: 'cifar-10-batches-bin',
  },
  train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`),
  test: ['test_batch.bin'],
  labelBytes: 1,
  labelAt: 0,
  namesFile: 'batches.meta.txt',
  python: {
    folder: 'cifar-10-batches-py',
    train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}`),
    test: ['test_batch'],
    labels: 'labels',
    namesFile: 'batches.meta',
    names: 'label_names',
  },
  labelColumn: 'label',
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  licence: CIFAR_LICENCE,
};

/** 32 x 32 photographs of 10 kinds of things. */
export const cifar10: TaskEntry = {
  title: CIFAR10.title,
  classes: 10,
  images: { train: 50_000, test: 10_000 },
  imageShape: [32, 32],
  downloadBytes: CIFAR10.archive.bytes,
  licence: CIFAR10.licence,
  origin: CIFAR10.archive.url,
  load: (options) => loadCifar(CIFAR10, options),
};
