import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { setupModule, useSandbox, write } from './sandbox.js';

const { publishFolder, withStaging } = await setupModule<{
  publishFolder(
    target: string,
    isComplete: (folder: string) => boolean,
    fill: (folder: string) => Promise<void>,
  ): Promise<void>;
  withStaging<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T>;
}>('files');
const { withLock } = await setupModule<{ withLock<T>(root: string, work: () => Promise<T>): Promise<T> }>(
  'lock',
);
const sandbox = useSandbox();

const isComplete = (folder: string) => existsSync(join(folder, 'done'));
const fillWith = (text: string) => async (folder: string) => {
  write(join(folder, 'done'), text);
};

describe('publishing a folder', () => {
  test('nothing is left of one that was interrupted', async () => {
    const target = sandbox.path('parent', 'target');
    const failing = publishFolder(target, isComplete, async (folder) => {
      write(join(folder, 'half'));
      expect(existsSync(target)).toBe(false);
      throw new Error('interrupted');
    });
    await expect(failing).rejects.toThrow('interrupted');
    expect(readdirSync(sandbox.path('parent'))).toEqual([]);
  });

  test('of two at once the first stands, and neither fails', async () => {
    const target = sandbox.path('parent', 'target');
    await publishFolder(target, isComplete, async (folder) => {
      await publishFolder(target, isComplete, fillWith('first'));
      await fillWith('second')(folder);
    });
    expect(readFileSync(join(target, 'done'), 'utf8')).toBe('first');
    expect(readdirSync(sandbox.path('parent'))).toEqual(['target']);
  });

  test('a damaged folder in its place is replaced', async () => {
    const target = sandbox.path('parent', 'target');
    write(join(target, 'damaged'));
    await publishFolder(target, isComplete, fillWith('new'));
    expect(readdirSync(target)).toEqual(['done']);
    expect(readdirSync(sandbox.path('parent'))).toEqual(['target']);
  });

  test('what a killed set-up left is removed, what a running one uses is not', async () => {
    const [old, young] = ['.partial-1-dead', '.partial-2-alive'].map((name) => sandbox.path('parent', name));
    for (const folder of [old!, young!]) mkdirSync(folder, { recursive: true });
    utimesSync(old!, 1, 1);
    await withStaging(sandbox.path('parent'), async () => {});
    expect(readdirSync(sandbox.path('parent'))).toEqual(['.partial-2-alive']);
  });
});

describe('the lock of a package folder', () => {
  test('lets one at a time work', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await sleep(30);
      inside--;
    };
    await Promise.all([withLock('/a', work), withLock('/a', work)]);
    expect(most).toBe(1);
    await Promise.all([withLock('/a', work), withLock('/b', work)]);
    expect(most).toBe(2);
  });

  test('is given back when the work fails, and taken over from a dead set-up', async () => {
    const failing = withLock('/a', async () => {
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
    let file = '';
    await withLock('/a', async () => {
      file = sandbox.path('cache', 'setup', readdirSync(sandbox.path('cache', 'setup'))[0]!);
    });
    write(file);
    utimesSync(file, 1, 1);
    expect(await withLock('/a', async () => 'taken over')).toBe('taken over');
  });
});
