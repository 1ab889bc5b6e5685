import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { batching } from '../../src/serve/batching.js';

afterEach(() => {
  vi.useRealTimers();
});

/** A run that ends when it is told to, and notes its batches. */
function held() {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const run = async (items: readonly number[]) => {
    batches.push([...items]);
    await new Promise<void>((end) => ends.push(end));
    return items.map((item) => 10 * item);
  };
  /** Ends the batch that runs, and lets the next one begin. */
  const next = async () => {
    ends.shift()!();
    await sleep(0);
  };
  return { batches, run, next };
}

test('one starts at once; those that come meanwhile share the next batches, in their order, and get their own results', async () => {
  const { batches, run, next } = held();
  const line = batching(run, { batchSize: 3, maxWait: 0 });
  const results = [1, 2, 3, 4, 5].map((item) => line.add(item));
  expect(batches).toEqual([[1]]);
  expect([line.waiting, line.running]).toEqual([4, 1]);
  await next();
  expect(batches).toEqual([[1], [2, 3, 4]]);
  await next();
  await next();
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50]);
  expect([line.waiting, line.running]).toEqual([0, 0]);
});

test('with a wait, a batch starts when it is full or its first item has waited long enough', async () => {
  const batches: number[] = [];
  const run = async (items: readonly number[]) => {
    batches.push(items.length);
    return items;
  };
  vi.useFakeTimers();
  const line = batching(run, { batchSize: 2, maxWait: 60 });
  await Promise.all([line.add(1), line.add(2)]);
  expect(batches).toEqual([2]);
  const third = line.add(3);
  await vi.advanceTimersByTimeAsync(59);
  expect(batches).toEqual([2]);
  await vi.advanceTimersByTimeAsync(1);
  expect(batches).toEqual([2, 1]);
  expect(await third).toBe(3);
});

test('an item that is given up leaves the line; in a batch that runs it changes nothing', async () => {
  const { batches, run, next } = held();
  const line = batching(run, { batchSize: 4, maxWait: 0 });
  const [first, second] = [new AbortController(), new AbortController()];
  const runs = line.add(1, first.signal);
  const leaves = line.add(2, second.signal);
  const stays = line.add(3);
  first.abort(new Error('too late'));
  second.abort(new Error('gone'));
  await expect(leaves).rejects.toThrow('gone');
  expect(line.waiting).toBe(1);
  await next();
  await next();
  expect(batches).toEqual([[1], [3]]);
  expect(await Promise.all([runs, stays])).toEqual([10, 30]);
  await expect(line.add(4, AbortSignal.abort(new Error('was gone')))).rejects.toThrow('was gone');
  expect(batches).toHaveLength(2);
});

test('a batch that fails fails all of its items, and the next one runs', async () => {
  let count = 0;
  const run = async (items: readonly number[]) => {
    if (count++ === 0) throw new Error('out of memory');
    return items;
  };
  const line = batching(run, { batchSize: 2, maxWait: 0 });
  const results = await Promise.allSettled([line.add(1), line.add(2), line.add(3)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(line.running).toBe(0);
});
