import { join } from 'node:path';
import { imagenetClasses } from '../../../models/labels/index.js';
import type { DownloadOptions } from '../../download/index.js';
import type { Task } from '../dataset.js';
import { readClassFolders } from './class-folders.js';
import type { TaskEntry, TaskOptions } from './entry.js';
import { fileTask } from './file-task.js';
import { bytesOf, provideFiles, type TaskFiles } from './task-files.js';

/** The ten synsets, in the order of ImageNet's classes. */
const WNIDS = `
  n01440764 n02102040 n02979186 n03000684 n03028079 n03394916 n03417042 n03425413 n03445777 n03888257
`
  .trim()
  .split(/\s+/);

/** Imagenette (J. Howard, fast.ai, 2019): ten easy classes of ImageNet, in one of its sizes. */
export interface ImagenetteLayout extends TaskFiles {
  name: string;
}

// Sizes and checksums: tensorflow/datasets, tensorflow_datasets/datasets/imagenette/checksums.tsv. Addresses also in
// pytorch/vision, torchvision/datasets/imagenette.py.
const layout = (suffix: string, title: string, bytes: number, sha256: string): ImagenetteLayout => ({
  name: `imagenette${suffix}`,
  title,
  folder: 'imagenette',
  files: [
    {
      url: `https://s3.amazonaws.com/fast-ai-imageclas/imagenette2${suffix}.tgz`,
      bytes,
      sha256,
      folder: `imagenette2${suffix}`,
      holds: ['train', 'val'],
    },
  ],
});

/** As ImageNet has them, 400 x 300 px and more. */
export const IMAGENETTE = layout(
  '',
  'Imagenette',
  1_557_161_267,
  '6cbfac238434d89fe99e651496f0812ebc7a10fa62bd42d6874042bf01de4efd',
);

/** Shrunk to a shorter side of 320 px. */
export const IMAGENETTE_320 = layout(
  '-320',
  'Imagenette (shorter side 320 px)',
  341_663_724,
  '569b4497c98db6dd29f335d1f109cf315fe127053cedf69010d047f0188e158c',
);

/** Shrunk to a shorter side of 160 px. */
export const IMAGENETTE_160 = layout(
  '-160',
  'Imagenette (shorter side 160 px)',
  99_003_388,
  '64d0c4859f35a461889e0147755a999a48b49bf38a7e0f9bd27003f10db02fe5',
);

const entry = (files: ImagenetteLayout): TaskEntry => ({
  title: files.title,
  classes: WNIDS.length,
  images: { train: 9469, test: 3925 },
  downloadBytes: bytesOf(files),
  licence: "Apache 2.0; the photographs are ImageNet's, for non-commercial research and education only",
  origin: 'https://github.com/fastai/imagenette',
  load: (options) => loadImagenette(files, options),
});

/** Photographs of 10 easily told things. */
export const imagenette = entry(IMAGENETTE);
export const imagenette320 = entry(IMAGENETTE_320);
export const imagenette160 = entry(IMAGENETTE_160);

/**
 * Reads Imagenette from `data`, or else from the cache, where it is downloaded to when needed.
 *
 * @throws InputError for missing files or class folders, or a failed download
 */
export async function loadImagenette(
  files: ImagenetteLayout,
  options: TaskOptions & DownloadOptions,
): Promise<Task> {
  const [root] = await provideFiles(files, options);
  return fileTask(files.name, imagenette, {
    classes: imagenetClasses()
      .filter(({ wnid }) => WNIDS.includes(wnid))
      .map(({ label }) => label),
    train: readClassFolders(join(root!, 'train'), WNIDS),
    test: readClassFolders(join(root!, 'val'), WNIDS),
    root: root!,
  });
}
