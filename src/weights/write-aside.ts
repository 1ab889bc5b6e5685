import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InputError } from '../errors.js';

/**
 * Writes a file so that its name always holds a whole one: `write` fills `path.tmp-<pid>`, which is flushed to
 * the disk and then renamed. Nothing is left behind when it fails.
 */
export async function writeFileAside(
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  await makeFileAside(path, async (aside) => {
    const file = await open(aside, 'w');
    try {
      await write(file);
    } finally {
      await file.close();
    }
  });
}

/** As {@link writeFileAside}, for what opens the file by itself: `make` is given the path of what is renamed. */
export async function makeFileAside(path: string, make: (aside: string) => Promise<void>): Promise<void> {
  const aside = `${path}.tmp-${process.pid}`;
  await mkdir(dirname(resolve(path)), { recursive: true });
  try {
    await make(aside);
    const file = await open(aside, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/**
 * Writes a folder as a whole: `write` fills a folder beside it, which then takes its name. A folder that has the
 * name is moved away in one rename, takes its place again should the second one fail, and is deleted last.
 *
 * @param isOurs whether a file of the existing folder may be deleted with it; one that may not stops everything
 */
export async function writeFolderAside(
  folder: string,
  isOurs: (fileName: string) => boolean,
  write: (aside: string) => Promise<void>,
): Promise<void> {
  const target = resolve(folder);
  const aside = `${target}.tmp-${process.pid}`;
  const existing = await filesIn(target);
  const foreign = existing?.find((name) => !isOurs(name));
  if (foreign !== undefined) {
    throw new InputError(
      `The folder ${folder} would be replaced, but it also holds '${foreign}'. Name another folder, or move that away.`,
    );
  }
  await rm(aside, { recursive: true, force: true });
  try {
    await mkdir(aside, { recursive: true });
    await write(aside);
    if (existing === undefined) await rename(aside, target);
    else await exchange(aside, target);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

async function filesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ENOTDIR')
      throw new InputError(`Expected a folder at ${folder}, received a file. Name a folder.`);
    throw error;
  }
}

async function exchange(aside: string, target: string): Promise<void> {
  const old = `${target}.old-${process.pid}-${randomBytes(4).toString('hex')}`;
  await rename(target, old);
  try {
    await rename(aside, target);
  } catch (error) {
    await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
