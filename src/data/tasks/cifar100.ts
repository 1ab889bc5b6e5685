import { loadCifar } from './cifar.js';
import { CIFAR_LICENCE, type CifarLayout } from './cifar-layout.js';
import type { TaskEntry } from './entry.js';

const FINE = `
  apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
  camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup
  dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower
  leopard lion lizard lobster man maple motorcycle mountain mouse mushroom oak orange orchid otter
  palm pear pickup_truck pine plain plate poppy porcupine possum rabbit raccoon ray road rocket rose
  sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper
  table tank telephone television tiger tractor train trout tulip turtle wardrobe whale willow wolf
  woman worm
`;
const COARSE = `
  aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices
  household_furniture insects large_carnivores large_man-made_outdoor_things
  large_natural_outdoor_scenes large_omnivores_and_herbivores medium_mammals non-insect_invertebrates
  people reptiles small_mammals trees vehicles_1 vehicles_2
`;
const names = (text: string) => text.trim().split(/\s+/);

/** CIFAR-100's files, in its official binary archive and the other layouts that it is spread in, with the 100 fine labels. */
export const CIFAR100: CifarLayout = {
  name: 'cifar100',
  title: 'CIFAR-100',
  archive: {
    url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
    bytes: 168_513_733,
    md5: '03b5dce01913d631647c71ecec9e9cb8',
    folder: 'cifar-100-binary',
  },
  train: ['train.bin'],
  test: ['test.bin'],
  labelBytes: 2,
  labelAt: 1,
  namesFile: 'fine_label_names.txt',
  python: {
    folder: 'cifar-100-python',
    train: ['train'],
    test: ['test'],
    labels: 'fine_labels',
    namesFile: 'meta',
    names: 'fine_label_names',
  },
  labelColumn: 'fine_label',
  classes: names(FINE),
  licence: CIFAR_LICENCE,
};

/** The same images with the 20 coarse labels. */
export const CIFAR100_COARSE: CifarLayout = {
  ...CIFAR100,
  name: 'cifar100-coarse',
  title: 'CIFAR-100 (coarse labels)',
  labelAt: 0,
  namesFile: 'coarse_label_names.txt',
  python: { ...CIFAR100.python, labels: 'coarse_labels', names: 'coarse_label_names' },
  labelColumn: 'coarse_label',
  classes: names(COARSE),
};

const entry = (layout: CifarLayout): TaskEntry => ({
  title: layout.title,
  classes: layout.classes.length,
  images: { train: 50_000, test: 10_000 },
  imageShape: [32, 32],
  downloadBytes: layout.archive.bytes,
  licence: layout.licence,
  origin: layout.archive.url,
  load: (options) => loadCifar(layout, options),
});

/** 32 x 32 photographs of 100 kinds of things. */
export const cifar100 = entry(CIFAR100);

/** CIFAR-100 by its 20 groups of 5 kinds. */
export const cifar100Coarse = entry(CIFAR100_COARSE);
