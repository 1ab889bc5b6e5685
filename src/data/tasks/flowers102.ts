import type { DownloadOptions } from '../../download/index.js';
import { InputError } from '../../errors.js';
import type { Dataset, Task } from '../dataset.js';
import { numbers, readMat } from '../mat/index.js';
import type { TaskEntry, TaskOptions } from './entry.js';
import { fileTask } from './file-task.js';
import { LabelledFiles } from './labelled-files.js';
import { bytesOf, provideFiles, type TaskFiles } from './task-files.js';

/**
 * The names in the order of the labels. The archive has none; these are the ones in common use, as tensorflow/datasets
 * lists them (tensorflow_datasets/datasets/oxford_flowers102), question mark included.
 */
const CLASSES = `
  pink primrose, hard-leaved pocket orchid, canterbury bells, sweet pea, english marigold, tiger lily, moon orchid,
  bird of paradise, monkshood, globe thistle, snapdragon, colt's foot, king protea, spear thistle, yellow iris,
  globe-flower, purple coneflower, peruvian lily, balloon flower, giant white arum lily, fire lily, pincushion flower,
  fritillary, red ginger, grape hyacinth, corn poppy, prince of wales feathers, stemless gentian, artichoke,
  sweet william, carnation, garden phlox, love in the mist, mexican aster, alpine sea holly, ruby-lipped cattleya,
  cape flower, great masterwort, siam tulip, lenten rose, barbeton daisy, daffodil, sword lily, poinsettia,
  bolero deep blue, wallflower, marigold, buttercup, oxeye daisy, common dandelion, petunia, wild pansy, primula,
  sunflower, pelargonium, bishop of llandaff, gaura, geranium, orange dahlia, pink-yellow dahlia?, cautleya spicata,
  japanese anemone, black-eyed susan, silverbush, californian poppy, osteospermum, spring crocus, bearded iris,
  windflower, tree poppy, gazania, azalea, water lily, rose, thorn apple, morning glory, passion flower, lotus,
  toad lily, anthurium, frangipani, clematis, hibiscus, columbine, desert-rose, tree mallow, magnolia, cyclamen,
  watercress, canna lily, hippeastrum, bee balm, ball moss, foxglove, bougainvillea, camellia, mallow,
  mexican petunia, bromelia, blanket flower, trumpet creeper, blackberry lily
`
  .trim()
  .split(/,\s+/);

const SOURCE = 'https://www.robots.ox.ac.uk/~vgg/data/flowers/102/';

/** Oxford Flowers-102's files: photographs, their labels, and which split each is of. */
export const FLOWERS102: TaskFiles = {
  title: 'Oxford Flowers-102',
  folder: 'flowers-102',
  // Sizes and checksums: tensorflow/datasets, tensorflow_datasets/url_checksums/oxford_flowers102.txt.
  files: [
    {
      url: `${SOURCE}102flowers.tgz`,
      bytes: 344_862_509,
      sha256: '2d01ecc807db462958cfe3d92f57a8c252b4abd240eb955770201e45f783b246',
      folder: 'jpg',
    },
    {
      url: `${SOURCE}imagelabels.mat`,
      bytes: 502,
      sha256: '4903e94206bac23bf772aadf06451916df56b58fc483a62db32a97b82656651d',
    },
    {
      url: `${SOURCE}setid.mat`,
      bytes: 14_989,
      sha256: '46b8678f91fd95d3c8f4feab80d271a6c834a1dd896fe29fd3e6ad9ce5c8dccd',
    },
  ],
};

/**
 * Photographs of 102 kinds of flowers. Training takes the 1,020 images of train and the 1,020 of val, and the 6,149 of
 * test are held out: what papers on transfer learning report (arXiv 1805.08974, 1905.11946, 2010.01412).
 */
export const flowers102: TaskEntry = {
  title: FLOWERS102.title,
  classes: CLASSES.length,
  images: { train: 2040, test: 6149 },
  downloadBytes: bytesOf(FLOWERS102),
  licence:
    'none stated by its authors; cite M.-E. Nilsback and A. Zisserman: Automated Flower Classification over a Large Number of Classes, 2008',
  origin: SOURCE,
  load: (options) => loadFlowers102(FLOWERS102, options),
};

/**
 * Reads Oxford Flowers-102 from `data`, or else from the cache, where it is downloaded to when needed.
 *
 * @throws InputError for missing or damaged files, labels or numbers of images that do not exist, or a failed download
 */
export async function loadFlowers102(
  files: TaskFiles,
  options: TaskOptions & DownloadOptions,
): Promise<Task> {
  const [images, labelsPath, setsPath] = (await provideFiles(files, options)) as [string, string, string];
  const labels = readMat(labelsPath, { labels: numbers }).labels.values;
  const wrong = labels.findIndex((label: number) => !(Number.isInteger(label) && label >= 1 && label <= 102));
  if (wrong >= 0) {
    throw new InputError(
      `${labelsPath} is not ${files.title}'s: it holds the label ${labels[wrong]} at ${wrong}; there are 1..102. Get it again.`,
    );
  }
  const { trnid, valid, tstid } = readMat(setsPath, { trnid: numbers, valid: numbers, tstid: numbers });
  const read = (...sets: (typeof trnid)[]): Dataset => {
    const found = new LabelledFiles();
    const folder = found.addFolder(images);
    for (const { values } of sets) {
      for (const id of values) {
        const label = labels[id - 1];
        if (label === undefined) {
          throw new InputError(
            `${setsPath} names the image ${id}, and ${labelsPath} has ${labels.length} labels: they do not belong together. Get them again.`,
          );
        }
        found.add(folder, `image_${String(id).padStart(5, '0')}.jpg`, label - 1, setsPath);
      }
    }
    return found.dataset();
  };
  return fileTask('flowers102', flowers102, {
    classes: CLASSES,
    train: read(trnid, valid),
    test: read(tstid),
    root: images,
  });
}
