import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from '../../data/dataset.js';
import { InputError } from '../../errors.js';
import { writeFileAside } from '../../weights/write-aside.js';
import { findingsOf } from '../findings.js';
import type { Inspection } from '../inspection.js';
import { pageOf } from './page.js';
import { casePictures, classSheets, PICTURE_FILE } from './pictures.js';

/** How {@link writePage} goes about it. */
export interface PageOptions {
  /** Stops it: it then throws the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** The page of a folder: what is opened. */
export const PAGE_FILE = 'index.html';

/**
 * Writes an inspection as a page: `index.html` with its pictures, and `report.json`. It needs nothing from elsewhere, so
 * the folder can be moved, packed and sent. Every file is whole when it has its name, and the page comes last.
 *
 * @throws InputError where the folder cannot be written to
 */
export async function writePage(
  folder: string,
  { task, inspection }: { task: Task; inspection: Inspection },
  { signal, onProgress }: PageOptions = {},
): Promise<void> {
  const findings = findingsOf(inspection).map((finding) => ({
    ...finding,
    pictures: casePictures(task, finding),
  }));
  const sheets = classSheets(task, inspection);
  const pictures = [...findings.flatMap((finding) => finding.pictures), ...sheets].filter(
    (each) => each !== undefined,
  );
  signal?.throwIfAborted();
  try {
    await mkdir(folder, { recursive: true });
    for (const [i, { file, draw }] of pictures.entries()) {
      signal?.throwIfAborted();
      await write(join(folder, file), await draw());
      onProgress?.(i + 1, pictures.length);
    }
    await write(join(folder, 'report.json'), `${JSON.stringify(inspection, null, 2)}\n`);
    await write(join(folder, PAGE_FILE), pageOf(inspection, { findings, sheets }));
    await removeOthers(folder, new Set(pictures.map(({ file }) => file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new InputError(
      `Cannot write the page to ${folder}: ${(error as Error).message}. Name another folder with --out.`,
    );
  }
}

const write = (path: string, content: string | Uint8Array): Promise<void> =>
  writeFileAside(path, (file) => file.writeFile(content));

/** Removes the pictures of an earlier page that this one has not. */
async function removeOthers(folder: string, ours: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (PICTURE_FILE.test(name) && !ours.has(name)) await rm(join(folder, name));
  }
}
