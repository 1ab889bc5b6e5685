import type { Dataset, Task } from '../../data/dataset.js';
import { type Cell, drawImages, type SheetOptions, sheetSize } from '../../sheet/index.js';
import type { Finding } from '../findings.js';
import type { Inspection } from '../inspection.js';
import { whole } from '../number-text.js';
import type { ImageRef, SplitName } from '../sample.js';

/** A picture of the page: known before it is drawn. */
export interface Picture {
  /** Name in the page's folder. */
  file: string;
  /** In pixels. */
  width: number;
  height: number;
  /** What it shows, for those who do not see it. */
  alt: string;
  draw(): Promise<Buffer>;
}

/** Cases of a finding that are shown; the others are named. */
export const SHOWN_CASES = 12;
/** Images of one case that are shown. */
const SHOWN_IMAGES = 6;
const CASE_SIDE = 144;

/** Classes up to which their sheets are large: with more of them the page would weigh too much. */
const FEW_CLASSES = 20;
const LARGE = { images: 24, columns: 6, side: 144, light: false } as const;
const SMALL = { images: 12, columns: 6, side: 112, light: true } as const;

/** Names that all pictures of a page have: what else of these is in its folder is of an earlier one. */
export const PICTURE_FILE = /^(class|leaks|label-conflicts|duplicates|suspicious)-\d+\.png$/;

/** The contact sheets of all classes, in their order; a class without images has none. */
export function classSheets(task: Task, { classes }: Pick<Inspection, 'classes'>): (Picture | undefined)[] {
  const { images, ...shape } = classes.length > FEW_CLASSES ? SMALL : LARGE;
  const shown = spreadOver(task, classes, images);
  return classes.map(({ name, train, test }, label) => {
    const refs = shown[label]!;
    if (refs.length === 0) return undefined;
    const subtitle = `${whole(train)} training images, ${whole(test)} held out; ${refs.length === train + test ? 'all of them' : `${refs.length} of them`}`;
    const options = { title: name, subtitle, ...shape };
    const cells = refs.map((ref) => ({
      ref,
      caption: baseName(ref.name),
      note: ref.split === 'test' ? 'held out' : '',
    }));
    return {
      ...picture(task, cells, options),
      file: `class-${numbered(label)}.png`,
      alt: `Contact sheet of the class ${name}: ${refs.length} images, each with its name.`,
    };
  });
}

/** The pictures of a finding's first cases; of images that cannot be read there are none. */
export function casePictures(task: Task, { kind, items }: Finding): (Picture | undefined)[] {
  return items.slice(0, SHOWN_CASES).map(({ text, images }, i) => {
    if (images.length === 0) return undefined;
    const refs = images.slice(0, SHOWN_IMAGES);
    const cells = refs.map((ref) => ({
      ref,
      caption: baseName(ref.name),
      note: `${ref.class}, ${ref.split === 'train' ? 'training' : 'held out'}`,
    }));
    return {
      ...picture(task, cells, { columns: refs.length, side: CASE_SIDE }),
      file: `${kind}-${numbered(i)}.png`,
      alt: text,
    };
  });
}

interface ReferredCell extends Cell {
  ref: ImageRef;
}

function picture(
  task: Task,
  cells: readonly ReferredCell[],
  options: SheetOptions,
): Pick<Picture, 'width' | 'height' | 'draw'> {
  const draw = () =>
    drawImages(
      cells.map(({ ref, ...cell }) => ({ ...cell, dataset: task[ref.split], row: ref.row })),
      options,
    );
  return { ...sheetSize(cells.length, options), draw };
}

/** For each class up to `most` of its images, evenly spread over all of them. */
function spreadOver(
  { classes, train, test }: Task,
  counts: Inspection['classes'],
  most: number,
): ImageRef[][] {
  const shown: ImageRef[][] = classes.map(() => []);
  const seen = new Uint32Array(classes.length);
  const scan = (split: SplitName, { labels, source }: Dataset) => {
    for (let row = 0; row < labels.length; row++) {
      const label = labels[row]!;
      const total = counts[label]!.train + counts[label]!.test;
      // Taken where floor((seen + 1) most / total) is one more than floor(seen most / total): `most` times in all.
      const isTaken = total <= most || ((seen[label]! * most) % total) + most >= total;
      seen[label]!++;
      if (!isTaken) continue;
      const name = source.kind === 'encoded' ? source.images.nameOf(row) : `image ${row}`;
      shown[label]!.push({ split, row, class: classes[label]!, name });
    }
  };
  scan('train', train);
  scan('test', test);
  return shown;
}

const baseName = (name: string): string =>
  name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);

const numbered = (index: number): string => String(index + 1).padStart(3, '0');
