import type { Task } from '../data/dataset.js';
import type { ImageFormat } from '../data/decode/index.js';
import { type ClassCount, type ClassProblem, classProblems, countClasses } from './classes.js';
import { type DuplicateGroup, findDuplicates, type Leak } from './duplicates.js';
import { type MeasureOptions, measure } from './measure.js';
import type { Measurements } from './measurements.js';
import { type ChannelStatistics, channelStatistics } from './moments.js';
import { type ImageRef, type Sample, sampleOf } from './sample.js';
import { countFormats, type Sizes, sizesOf } from './sizes.js';
import { type SuspiciousImage, suspiciousImages } from './suspicious.js';
import { countTraits, type Trait } from './traits.js';

/** An image that training could not read. */
export interface UnreadableImage extends ImageRef {
  reason: string;
}

/** What an inspection of a task found: plain data, as `--json` prints it. */
export interface Inspection {
  task: string;
  /** Where the task came from. */
  origin: string | null;
  /** Images of each split. */
  images: { train: number; test: number };
  /** Images that were looked at. */
  inspected: { train: number; test: number; isWhole: boolean; seconds: number };
  /** Over all images, not only those looked at. */
  classes: ClassCount[];
  unreadable: UnreadableImage[];
  leaks: Leak[];
  labelConflicts: DuplicateGroup[];
  duplicates: DuplicateGroup[];
  /** Whether images that look alike were sought: of images too small to tell, only equal bytes are. */
  soughtNear: boolean;
  suspicious: SuspiciousImage[];
  classProblems: ClassProblem[];
  /** Null where no image could be read. */
  sizes: Sizes | null;
  /** Empty where images come as arrays. */
  formats: Partial<Record<ImageFormat, number>>;
  colours: Record<Trait, number>;
  /** Of the training images; null where none could be read. */
  statistics: ChannelStatistics | null;
}

/** How {@link inspectTask} goes about it. */
export interface InspectOptions extends MeasureOptions {
  /** Images that are looked at, at most: evenly spread over all of them. @default 20,000 */
  sample?: number;
}

/** Images that are looked at, unless asked otherwise. */
export const USUAL_SAMPLE = 20_000;

/**
 * Looks at the images of a task before they are trained on: what they are, and what is wrong with them.
 *
 * @throws InputError when `sample` is not a positive integer
 * @example const { leaks, unreadable } = await inspectTask(await loadTask('photos/'));
 */
export async function inspectTask(
  task: Task,
  { sample: most = USUAL_SAMPLE, ...options }: InspectOptions = {},
): Promise<Inspection> {
  const started = performance.now();
  const sample = sampleOf(task, most);
  const measurements = await measure(sample, options);
  const { groups, ...duplicates } = await findDuplicates(sample, measurements, options);
  const classes = countClasses(task);
  return {
    task: task.name,
    origin: task.origin ?? null,
    images: { train: task.train.length, test: task.test.length },
    inspected: {
      train: sample.trainLength,
      test: sample.length - sample.trainLength,
      isWhole: sample.length === sample.total,
      seconds: (performance.now() - started) / 1000,
    },
    classes,
    unreadable: unreadableImages(sample, measurements),
    ...duplicates,
    duplicates: groups,
    suspicious: suspiciousImages(sample, measurements),
    classProblems: classProblems(classes),
    sizes: sizesOf(measurements),
    formats: countFormats(measurements),
    colours: countTraits(measurements.traits),
    statistics: trainingStatistics(sample, measurements),
  };
}

function unreadableImages(sample: Sample, { reasons }: Measurements): UnreadableImage[] {
  return [...reasons].map(([index, reason]) => ({ ...sample.refOf(index), reason }));
}

function trainingStatistics(sample: Sample, { decoded, moments }: Measurements): ChannelStatistics | null {
  return channelStatistics(
    moments,
    decoded.filter((index) => sample.splitOf(index) === 'train'),
  );
}
