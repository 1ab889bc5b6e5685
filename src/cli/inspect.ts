import { extname } from 'node:path';
import type { Command } from 'commander';
import { AUGMENTATIONS } from '../augment/index.js';
import { TASKS } from '../data/tasks/index.js';
import { InputError, invalid } from '../errors.js';
import { USUAL_SAMPLE } from '../inspect/index.js';
import { namesOf } from '../named.js';
import { FILE_SIDE, type PreviewFlags, previewCommand } from './inspect/preview.js';
import { type ReportFlags, reportCommand } from './inspect/report.js';
import { count } from './output.js';

/** Options that only a preview has; one of them asks for it. */
const PREVIEW_OPTIONS = ['augment', 'mixup', 'cutmix', 'images', 'columns', 'imageSize'] as const;
/** Options that only a report has. */
const REPORT_OPTIONS = ['sample', 'strict'] as const;

/** Adds `inspect`. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .summary('look at images before training, or as training sees them')
    .description(
      'Reports what the images of a task are and what is wrong with them: unreadable files, copies across splits, ' +
        'labels that contradict each other. With --augment, or --out FILE.png, draws training images as they are and ' +
        'as training augments them instead, a row an image.',
    )
    .argument(
      '<name|path>',
      `what --task takes: ${Object.keys(TASKS).join(', ')}, or a folder of class folders`,
    )
    .option('--data <folder>', "where the named task's files are")
    .option(
      '--out <folder|file>',
      'folder for the report as a page with contact sheets, or PNG for a preview (default of that: grid.png)',
    )
    .option('--json', 'print one JSON document', false)
    .option('--sample <count>', 'report: images that are looked at, at most', String(USUAL_SAMPLE))
    .option(
      '--strict',
      'report: exit with 1 where images are unreadable, or held-out ones trained on as well',
      false,
    )
    .option(
      '--augment <names>',
      `preview: comma-separated, with their numbers: ${namesOf(AUGMENTATIONS)}; none (default: what suits the task)`,
    )
    .option('--mixup <alpha>', 'preview: mixes pairs of images, with shares from Beta(alpha, alpha)', '0')
    .option(
      '--cutmix <alpha>',
      'preview: pastes boxes of images into others, of areas from Beta(alpha, alpha)',
      '0',
    )
    .option('--images <count>', 'preview: images to show', '8')
    .option('--columns <count>', 'preview: how often each is augmented', '8')
    .option(
      '--image-size <pixels>',
      `preview: side they get (default: their own; of files ${count(FILE_SIDE)})`,
    )
    .option(
      '--seed <number>',
      'divides a folder without splits as training does; in a preview, shows other images',
      '0',
    )
    .action(inspectCommand);
}

async function inspectCommand(
  name: string,
  flags: PreviewFlags & ReportFlags,
  command: Command,
): Promise<void> {
  const { out } = flags;
  const isGiven = (option: string) => command.getOptionValueSource(option) === 'cli';
  const isPicture = out !== undefined && extname(out).toLowerCase() === '.png';
  const asked = PREVIEW_OPTIONS.find(isGiven);
  if (!isPicture && asked === undefined) {
    if (out !== undefined && /\.(png|jpe?g|webp|gif|avif|tiff?|svg|pdf|html?|json)$/i.test(out))
      throw invalid('--out', 'a folder for a report, or a file name that ends in .png', out);
    return reportCommand(name, flags);
  }
  if (out !== undefined && !isPicture) throw invalid('--out', 'a file name that ends in .png', out);
  const foreign = REPORT_OPTIONS.find(isGiven);
  if (foreign !== undefined) {
    const cause = asked === undefined ? `--out ${out}` : flagOf(asked);
    throw new InputError(
      `${cause} asks for a preview, ${flagOf(foreign)} for a report: leave one of them out.`,
    );
  }
  return previewCommand(name, flags);
}

const flagOf = (option: string): string =>
  `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
