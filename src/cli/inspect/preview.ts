import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseAugmentations } from '../../augment/index.js';
import { previewAugmentations } from '../../augment/preview.js';
import type { Dataset } from '../../data/dataset.js';
import { loadTask } from '../../data/tasks/index.js';
import { InputError, invalid } from '../../errors.js';
import { usualAugmentations } from '../../train/checks.js';
import { Meter } from '../meter.js';
import { counted, facts, print, printJson } from '../output.js';
import { loadTaskOptions } from '../task-options.js';
import { drawGrid } from './grid.js';
import { whole } from './whole.js';

/** The flags of a preview, as they were given. */
export interface PreviewFlags {
  data?: string;
  augment?: string;
  mixup: string;
  cutmix: string;
  out?: string;
  images: string;
  columns: string;
  imageSize?: string;
  seed: string;
  json: boolean;
}

/** Side that files are shown at, unless asked otherwise. */
export const FILE_SIDE = 160;

/**
 * Draws training images as they are and as training augments them, a row an image.
 *
 * @throws InputError for a flag that is not as it should be
 */
export async function previewCommand(name: string, flags: PreviewFlags): Promise<void> {
  const { data, out = 'grid.png' } = flags;
  checkOut(out);
  const images = whole('--images', flags.images, 1);
  const columns = whole('--columns', flags.columns, 1);
  const seed = whole('--seed', flags.seed, 0);
  const size = flags.imageSize === undefined ? undefined : whole('--image-size', flags.imageSize, 1);
  const mixing = { mixup: alpha('--mixup', flags.mixup), cutmix: alpha('--cutmix', flags.cutmix) };
  const given = flags.augment === undefined ? undefined : namesIn(flags.augment);

  const meter = new Meter();
  const task = await loadTask(name, loadTaskOptions({ data, seed }, meter)).finally(() => meter.clear());
  const augmentations = given ?? usualAugmentations(task);
  const side = size ?? task.defaultImageSize ?? sideOf(task.train);
  const options = { augmentations, mixing, images, draws: columns, size: side, seed };
  const rows = await previewAugmentations(task.train, options);
  writeAside(out, await drawGrid(rows, { size: side }));
  if (flags.json) {
    return printJson({
      task: task.name,
      images: rows.length,
      columns,
      size: side,
      augmentations,
      ...mixing,
      file: out,
    });
  }
  const mixed = Object.entries(mixing).flatMap(([kind, value]) => (value > 0 ? [`${kind} ${value}`] : []));
  print(
    facts({
      task: task.name,
      images: `${counted(rows.length, 'image')} at ${side} x ${side} px, as they are and ${counted(columns, 'time')} augmented`,
      augmentation: [...augmentations, ...mixed].join(', ') || 'none',
      file: out,
    }),
  );
}

function namesIn(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== 'none' && name !== '');
  parseAugmentations(names);
  return names;
}

function alpha(flag: string, text: string): number {
  const value = text === 'none' ? 0 : text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw invalid(flag, 'a number of 0 or more', text);
}

/** Stretching to a square starts from the larger side: nothing gets lost. */
const sideOf = ({ source }: Dataset) =>
  source.kind === 'encoded' ? FILE_SIDE : Math.max(source.height, source.width);

function checkOut(out: string): void {
  if (existsSync(out) && statSync(out).isDirectory()) {
    throw new InputError(`--out ${out} is a folder. Name a file, for example ${out}/grid.png.`);
  }
}

/** An interrupted run leaves no half of a file under its name. */
function writeAside(file: string, content: Buffer): void {
  const aside = `${file}.${process.pid}.part`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(aside, content);
    renameSync(aside, file);
  } catch (error) {
    if (existsSync(aside)) rmSync(aside);
    throw new InputError(`Cannot write ${file}: ${(error as Error).message}. Name another place with --out.`);
  }
}
