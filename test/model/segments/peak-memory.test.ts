import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('peak-memory.ts', import.meta.url));

/** Peak resident memory of a process that takes gradients in one of the ways, in MiB. */
function peak(how: 'none' | 'plain' | 'recomputed'): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, how], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout) / 2 ** 20;
}

// 96 values of 2 MiB in a chain: the plain gradient holds most of them, the recomputed one some twenty.
test('gradients that recompute take a third of the memory that plain ones take, or less', () => {
  const [without, plain, recomputed] = (['none', 'plain', 'recomputed'] as const).map(peak);
  expect(plain! - without!).toBeGreaterThan(150);
  expect(recomputed! - without!).toBeLessThan((plain! - without!) / 3);
}, 60_000);
