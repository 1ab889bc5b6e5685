import type { Command } from 'commander';
import { LAYOUTS } from '../data/layouts/index.js';
import type { TaskEntry } from '../data/tasks/entry.js';
import { TASKS } from '../data/tasks/index.js';
import { bytes, count, print, printJson } from './output.js';

const INDENT = ' '.repeat(2);

/** Adds `tasks`. */
export function addTasks(program: Command): void {
  program
    .command('tasks')
    .summary('list the named tasks')
    .description('Lists the tasks that --task takes by name.')
    .option('--json', 'print one JSON document', false)
    .action(({ json }: { json: boolean }) => {
      if (json) printJson(Object.entries(TASKS).map(describe));
      else print(listed());
    });
}

/** Everything but how it is loaded; null for what there is none of. */
const describe = ([name, { load, ...entry }]: [string, TaskEntry]) => ({
  name,
  ...entry,
  imageShape: entry.imageShape ?? null,
  downloadBytes: entry.downloadBytes ?? null,
});

function listed(): string {
  const blocks = Object.entries(TASKS).map(([name, entry]) =>
    [
      `${name}: ${entry.title}`,
      `${count(entry.images.train)} training images, ${count(entry.images.test)} held out, ${sizeOf(entry)}, ${count(entry.classes)} classes`,
      `download: ${downloadOf(entry)}`,
      `licence: ${entry.licence}`,
      `source: ${entry.origin}`,
    ].join(`\n${INDENT}`),
  );
  const layouts = Object.values(LAYOUTS).map(({ argument, title }) => `${INDENT}${argument}: ${title}`);
  const own = [
    'Images of your own, where they lie (without splits, a fifth of each class is held out):',
    ...layouts,
  ].join('\n');
  return [...blocks, own].join('\n\n');
}

const sizeOf = ({ imageShape }: TaskEntry): string =>
  imageShape ? `${imageShape.join(' x ')} px` : 'of many sizes';

function downloadOf({ downloadBytes }: TaskEntry): string {
  if (downloadBytes === undefined) return 'get its files yourself, and name their folder with --data';
  return downloadBytes === 0 ? 'none, part of this package' : bytes(downloadBytes);
}
