import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fakePython, fakeWheel, setupModule, useSandbox } from './sandbox.js';

const { downloadWheel } = await setupModule<{
  downloadWheel(python: string, wheel: object, folder: string): Promise<string>;
}>('download');
const sandbox = useSandbox();

const NAME = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl';

function prepare(steps: (wheel: string) => string[]) {
  const original = fakeWheel(sandbox.path('original', NAME));
  const sha256 = createHash('sha256').update(readFileSync(original)).digest('hex');
  const python = fakePython(sandbox.path('bin'), steps(original));
  const folder = sandbox.path('downloads');
  mkdirSync(folder);
  const wheel = {
    name: 'tensorflow-cpu',
    version: '2.21.0',
    platform: 'manylinux_2_27_x86_64',
    file: NAME,
    sha256,
  };
  return { python, original, download: () => downloadWheel(python.program, wheel, folder) };
}

test('a download that is right is taken at once', async () => {
  const { python, original, download } = prepare((wheel) => [`cp '${wheel}' "$DEST"`]);
  expect(readFileSync(await download())).toEqual(readFileSync(original));
  expect(python.calls()).toHaveLength(1);
});

test('a broken and a wrong download are started again, past the cache of pip', async () => {
  const { python, original, download } = prepare((wheel) => [
    'echo "connection reset" >&2; exit 1',
    `echo damaged > "$DEST/${NAME}"`,
    `cp '${wheel}' "$DEST"`,
  ]);
  expect(readFileSync(await download())).toEqual(readFileSync(original));
  expect(python.calls()).toHaveLength(3);
  expect(python.calls()[0]).not.toContain('--no-cache-dir');
  expect(python.calls()[1]).toContain('--no-cache-dir');
});

test('after three tries the message says what pip said and what to do', async () => {
  const step = 'echo "connection reset" >&2; exit 1';
  const { python, download } = prepare(() => [step, step, step, step]);
  await expect(download()).rejects.toThrow(
    /tensorflow-cpu 2\.21\.0 failed 3 times.*connection reset.*proxy.*SAM_FINETUNE_TENSORFLOW.*pip download/s,
  );
  expect(python.calls()).toHaveLength(3);
});

test('a file of another hash is named with both hashes', async () => {
  const step = `echo damaged > "$DEST/${NAME}"`;
  const { download } = prepare(() => [step, step, step]);
  await expect(download()).rejects.toThrow(/SHA-256 is [0-9a-f]{64}, it should be [0-9a-f]{64}/);
});
