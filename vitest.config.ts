import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import LongestFirst from './test/longest-first.js';

/** Files that start, change or measure processes: each of them has one of its own. */
const APART = [
  'test/{end-to-end,examples,leak,parity,pipelines,scripts,serve,tensorflow,tfjs}/**/*.test.ts',
  // The peak of a process counts what it was forked from.
  'test/model/{summary,segments/peak-memory}.test.ts',
  'test/weights/fuzz/*.test.ts',
  'test/train/many-files.test.ts',
  'test/data/{images,tar}/*.test.ts',
  'test/index.test.ts',
];

export default defineConfig({
  resolve: { alias: { 'sam-finetune': fileURLToPath(new URL('./src/index.ts', import.meta.url)) } },
  test: {
    // A process is slow to start, and TensorFlow keeps all cores busy once it runs: two at a time hide the one behind
    // the other.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The second that it takes else is short for a page or a server on a busy machine.
    expect: { poll: { timeout: 30_000 } },
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/closing-line.ts'],
    projects: [
      { extends: true, test: { name: 'apart', include: APART } },
      // These share two processes: most of them load the same modules and TensorFlow for longer than they test.
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...APART],
          isolate: false,
        },
      },
    ],
  },
});
