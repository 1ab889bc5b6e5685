import { createHash, randomBytes } from 'node:crypto';
import {
  createReadStream,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

const PARTIAL = '.partial-';
const ABANDONED_AFTER_MS = 6 * 3600 * 1000;
const staged = new Set();

/** The folder of everything that is downloaded or unpacked: `SAM_FINETUNE_CACHE`, or `~/.cache/sam-finetune`. */
export const cacheDirectory = () =>
  resolve(process.env.SAM_FINETUNE_CACHE || join(homedir(), '.cache', 'sam-finetune'));

/** Reads a JSON object; a file that is absent or damaged gives an empty one. */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) ?? {};
  } catch {
    return {};
  }
}

/** Writes JSON aside and renames it into place. */
export function writeJson(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  const aside = join(dirname(file), uniqueName());
  writeFileSync(aside, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(aside, file);
}

/**
 * Gives `fill` a new, empty folder beside the target, and renames the folder to the target when `fill` is done. Where
 * another set-up was faster, its result stands. The target is never seen half-filled, and nothing is left when `fill` fails.
 *
 * @param isComplete tells whether a folder is a finished result
 */
export async function publishFolder(target, isComplete, fill) {
  await withStaging(dirname(target), async (staging) => {
    const folder = join(staging, basename(target));
    mkdirSync(folder);
    await fill(folder);
    if (isComplete(target)) return;
    try {
      renameSync(folder, target);
    } catch (error) {
      if (isComplete(target)) return;
      if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EPERM'].includes(error.code)) throw error;
      renameSync(target, join(staging, 'replaced'));
      renameSync(folder, target);
    }
  });
}

/** Gives `use` a temporary folder inside `parent`, which is gone afterwards, whatever happens. */
export async function withStaging(parent, use) {
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const staging = join(parent, uniqueName());
  mkdirSync(staging);
  staged.add(staging);
  try {
    return await use(staging);
  } finally {
    rmSync(staging, { recursive: true, force: true });
    staged.delete(staging);
  }
}

/** Removes the temporary folders that are in use: for an interrupted set-up, whose programs may still be writing there. */
export function removeStaged() {
  for (const folder of staged) {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    } catch {}
  }
}

/** Bytes in a folder, so far. Files that vanish meanwhile count as nothing. */
export function folderBytes(folder) {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) bytes += folderBytes(path);
      else if (entry.isFile()) bytes += statSync(path).size;
    }
  } catch {}
  return bytes;
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256Of(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** SHA-256 of a text, in hexadecimal. */
export const hashOfText = (text) => createHash('sha256').update(text).digest('hex');

/** True where something lies at the path, a link that leads nowhere included. */
export function isThere(path) {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

const uniqueName = () => `${PARTIAL}${process.pid}-${randomBytes(4).toString('hex')}`;

/** What a killed set-up left behind; a running one is younger. */
function removeAbandoned(parent) {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    const stat = name.startsWith(PARTIAL) ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    if (stat && Date.now() - stat.mtimeMs > ABANDONED_AFTER_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
