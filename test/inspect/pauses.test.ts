import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pauses } from '../../src/inspect/pauses.js';

/** Keeps the process busy. */
function work(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

test('lets others have their turn after a while of work, not before', async () => {
  const pause = pauses();
  let turns = 0;
  setImmediate(() => turns++);
  await pause();
  expect(turns).toBe(0);
  work(60);
  await pause();
  expect(turns).toBe(1);
});

test('throws the reason of its signal, in the course of the work', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('Ctrl-C')), 100);
  const pause = pauses(controller.signal);
  let rounds = 0;
  const working = async () => {
    for (; rounds < 1000; rounds++) {
      work(10);
      await pause();
    }
  };
  await expect(working()).rejects.toThrow('Ctrl-C');
  expect(rounds).toBeLessThan(1000);
  await sleep(0);
});
