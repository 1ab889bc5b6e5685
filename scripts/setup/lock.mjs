import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheDirectory, hashOfText } from './files.mjs';
import { say } from './report.mjs';

const HEARTBEAT_MS = 2000;
const STALE_AFTER_MS = 20_000;
const POLL_MS = 300;
const held = new Set();

/** Lets one set-up at a time work on a package folder. The holder keeps the lock file young; an old one is a dead set-up's. */
export async function withLock(root, work) {
  const folder = join(cacheDirectory(), 'setup');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${hashOfText(root).slice(0, 16)}.lock`);
  for (let told = false; !acquire(file); told = true) {
    if (!told) say('Another set-up of this folder is running; waiting for it ...');
    await sleep(POLL_MS);
  }
  held.add(file);
  const heartbeat = setInterval(() => utimesSync(file, new Date(), new Date()), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    releaseLocks();
  }
}

/** Gives the locks back: for an interrupted set-up. */
export function releaseLocks() {
  for (const file of held) rmSync(file, { force: true });
  held.clear();
}

function acquire(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > STALE_AFTER_MS) rmSync(file, { force: true });
    return false;
  }
}
