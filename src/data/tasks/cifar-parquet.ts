import sharp from 'sharp';
import { InputError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { formatOf, strangeness, unreadable } from '../decode/index.js';
import type { EncodedImage } from '../images/index.js';
import { holdsParquet, parquetBelow, splitsOf } from '../layouts/parquet-files.js';
import { readParquet } from '../layouts/read-parquet.js';
import { usedSplits } from '../layouts/split-words.js';
import { arrayOf, type CifarForm, checkedNames, IMAGE_BYTES, SIDE } from './cifar-layout.js';

/** Images that are decoded at once. */
const AT_ONCE = 64;

/** Hugging Face's layout: parquet files of PNGs. They are decoded once, which loses nothing. */
export const parquet: CifarForm = {
  title: 'parquet',
  find: (_, data) => {
    if (!holdsParquet(data)) return undefined;
    const { training, heldOut } = usedSplits([...splitsIn(data).keys()]);
    const missing = [...(training ? [] : ['train-*.parquet']), ...(heldOut ? [] : ['test-*.parquet'])];
    return { folder: data, missing };
  },
  read: async (layout, folder) => {
    const { labelColumn, classes: known } = layout;
    const { classes, splits } = await readParquet(folder, splitsIn(folder), { labelColumn, classes: known });
    const { training, heldOut } = usedSplits(Object.keys(splits));
    if (training === undefined || heldOut === undefined)
      throw new InputError(
        `${folder} has the splits ${Object.keys(splits).join(', ')}: expected train and test.`,
      );
    return {
      classes: checkedNames(layout, classes, folder),
      train: await decoded(splits[training]!),
      test: await decoded(splits[heldOut]!),
    };
  },
};

const splitsIn = (folder: string): Map<string, string[]> =>
  splitsOf(parquetBelow(folder), folder, { naming: (config) => `--data ${folder}/${config}` });

async function decoded({ labels, source }: Dataset): Promise<Dataset> {
  if (source.kind !== 'encoded') throw new TypeError('expected encoded images');
  const { images } = source;
  const pixels = new Uint8Array(labels.length * IMAGE_BYTES);
  for (let start = 0; start < labels.length; start += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, labels.length - start) }, (_, i) => start + i);
    const decodes = rows.map(async (row) => pixels.set(await decode(images.at(row)), row * IMAGE_BYTES));
    await Promise.all(decodes);
  }
  return arrayOf(labels, pixels);
}

async function decode(image: EncodedImage): Promise<Uint8Array> {
  const bytes = await image.read();
  if (!formatOf(bytes)) throw unreadable(image.name, new Error(strangeness(bytes)));
  const raw = sharp(bytes).toColourspace('srgb').removeAlpha().raw();
  const { data, info } = await raw.toBuffer({ resolveWithObject: true }).catch((error: Error) => {
    throw unreadable(image.name, error);
  });
  if (info.width === SIDE && info.height === SIDE && info.channels === 3) return data;
  throw new InputError(
    `${image.name} has an image of ${info.width} x ${info.height} pixels: expected ${SIDE} x ${SIDE} in colour. It is another data set.`,
  );
}
