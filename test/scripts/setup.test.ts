import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { projectRoot, useSandbox, write } from './sandbox.js';

const sandbox = useSandbox();

// A copy that is laid out as an installed package: nothing of the project itself is installed or compiled here.
beforeEach(() => {
  cpSync(join(projectRoot, 'scripts'), sandbox.path('package', 'scripts'), { recursive: true });
  write(sandbox.path('package', 'package.json'), '{"name": "sam-finetune"}');
});

function setup(...args: string[]) {
  const script = sandbox.path('package', 'scripts', 'setup.mjs');
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
}

test('help tells the options and the environment', () => {
  const { status, stdout, stderr } = setup('--help');
  expect(status).toBe(0);
  expect(stderr).toBe('');
  for (const name of ['--gpu', '--fresh', '--quiet', 'SAM_FINETUNE_TENSORFLOW', 'SAM_FINETUNE_CACHE'])
    expect(stdout).toContain(name);
});

test('an unknown option is refused with those that there are', () => {
  const { status, stderr } = setup('--gpus');
  expect(status).toBe(2);
  expect(stderr).toMatch(/'--gpus'.*Options are --gpu, --fresh, --quiet and --help/);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test('a wrong folder fails with its name, without a stack, and leaves no lock', () => {
  vi.stubEnv('SAM_FINETUNE_TENSORFLOW', sandbox.path('nowhere'));
  const { status, stderr } = setup();
  expect(status).toBe(1);
  expect(stderr).toMatch(/SAM_FINETUNE_TENSORFLOW names '.*nowhere', which does not exist/);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(existsSync(sandbox.path('cache', 'tensorflow', 'current.json'))).toBe(false);
  expect(readdirSync(sandbox.path('cache', 'setup'))).toEqual([]);
});

test('a cache that cannot be is named', () => {
  vi.stubEnv('SAM_FINETUNE_CACHE', join(write(sandbox.path('file')), 'cache'));
  const { status, stderr } = setup();
  expect(status).toBe(1);
  expect(stderr).toMatch(/file\/cache.*cannot be written to.*SAM_FINETUNE_CACHE/);
});
