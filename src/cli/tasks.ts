import type { Command } from 'commander';
import { TASKS } from '../data/tasks/index.js';
import { count, print, printJson } from './output.js';

const INDENT = ' '.repeat(2);

/** Adds `tasks`. */
export function addTasks(program: Command): void {
  program
    .command('tasks')
    .summary('list the named tasks')
    .description('Lists the tasks that --task takes by name.')
    .option('--json', 'print one JSON document', false)
    .action(({ json }: { json: boolean }) => {
      if (json) printJson(Object.entries(TASKS).map(([name, { load, ...entry }]) => ({ name, ...entry })));
      else print(listed());
    });
}

function listed(): string {
  const blocks = Object.entries(TASKS).map(
    ([name, { title, classes, images, imageShape, licence, origin }]) =>
      [
        `${name}: ${title}`,
        `${count(images.train)} training images, ${count(images.test)} held out, ${imageShape.join(' x ')} px, ${classes} classes`,
        `licence: ${licence}`,
        `source: ${origin}`,
      ].join(`\n${INDENT}`),
  );
  const folders =
    'PATH: a folder of your own\n' +
    `${INDENT}train/ and val/ (or test/) with a folder of images a class in each, or one folder\n` +
    `${INDENT}of class folders, a fifth of which is held out`;
  return [...blocks, folders].join('\n\n');
}
