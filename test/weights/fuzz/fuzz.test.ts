import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { WEIGHT_FORMATS } from '../../../src/weights/read.js';
import { compile } from '../../end-to-end/command.js';
import { fullRun } from '../../full-run.js';
import { mutations } from '../mutations.js';
import { temporaryFolder } from '../temporary-folder.js';
import { readAll } from './outcome.js';
import { SAMPLES, type Sample } from './samples.js';

/** Damaged copies of each sample. */
const COPIES = fullRun ? 200 : 40;
/** What reading one sound sample may take, and a damaged one must not pass by far, in bytes. */
const MEMORY_ABOVE_SOUND = 256 * 2 ** 20;
/** The longest that one damaged copy may take, in milliseconds. */
const LONGEST = 20_000;

const temporary = temporaryFolder();

beforeAll(compile);

/** Every file below a folder, relative to it. */
function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return names.filter((name) => lstatSync(join(folder, name)).isFile()).sort();
}

/** Copies of a sample, each with one of its files damaged. */
function damagedCopies(sound: string, path: string, folder: string): string[] {
  const files = filesBelow(sound).filter((name) => lstatSync(join(sound, name)).size > 0);
  const share = Math.ceil(COPIES / files.length);
  const damaged = files.flatMap((name, i) =>
    [...mutations(readFileSync(join(sound, name)), share, i + 1)].map((bytes) => ({ name, bytes })),
  );
  return damaged.slice(0, COPIES).map(({ name, bytes }, i) => {
    const copy = join(folder, String(i));
    cpSync(sound, copy, { recursive: true });
    writeFileSync(join(copy, name), bytes);
    return join(copy, relative(sound, path));
  });
}

describe.each(SAMPLES.map((sample, i) => [`${sample.format} ${i}`, sample] as const))(
  '%s',
  (_, sample: Sample) => {
    test(`${COPIES} damaged copies are refused by name, or read where the damage does not matter`, async () => {
      const folder = mkdtempSync(join(temporary.path, 'sample-'));
      const sound = join(folder, 'sound');
      const copies = join(folder, 'copies');
      mkdirSync(sound);
      mkdirSync(copies);
      const path = await sample.write(sound);
      const paths = damagedCopies(sound, path, copies);
      const before = filesBelow(copies);

      // The sound one first: the others are measured against it.
      const { outcomes: all, code, noise } = await readAll([path, ...paths], folder);
      const [reference, ...outcomes] = all;
      expect(reference).toMatchObject({ kind: 'read' });
      expect(outcomes.filter(({ kind }) => kind === 'failed')).toEqual([]);
      expect(noise).toBe('');
      expect(code).toBe(0);
      expect(outcomes).toHaveLength(COPIES);
      const refused = outcomes.filter(({ kind }) => kind === 'refused');
      expect(refused.length).toBeGreaterThan(COPIES / 10);
      for (const { index, message } of refused) {
        const place = join(copies, String(index - 1));
        expect(message, place).toContain(place);
        expect(message.length).toBeLessThan(2_000);
      }
      const most = Math.max(...outcomes.map(({ rss }) => rss));
      expect(most - (reference?.rss ?? 0)).toBeLessThan(MEMORY_ABOVE_SOUND);
      expect(Math.max(...outcomes.map(({ ms }) => ms))).toBeLessThan(LONGEST);
      expect(filesBelow(copies)).toEqual(before);
    }, 300_000);
  },
);

test('every format that is read has a sample', () => {
  const covered = new Set(SAMPLES.map(({ format }) => format));
  expect(WEIGHT_FORMATS.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
});
