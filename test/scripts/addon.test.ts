import { chmodSync, lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { fakeTensorFlow, libraryFiles, setupModule, useSandbox, write } from './sandbox.js';

interface Addon {
  built: boolean;
  reason?: string;
}
const { provideAddon, recordedAddon, linkTensorFlow } = await setupModule<{
  provideAddon(root: string, directory: string, options: { fresh: boolean }): Promise<Addon>;
  recordedAddon(root: string, directory: string): Addon | undefined;
  linkTensorFlow(folder: string, directory: string): void;
}>('addon');
const { headersPrefix } = await setupModule<{
  headersPrefix(execPath: string, version: string): string | undefined;
}>('headers');
const sandbox = useSandbox();

/** A package folder with a tfjs-node-gpu that has nothing in it. */
function prepare() {
  const root = sandbox.path('project');
  const addon = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  write(join(root, 'package.json'), '{}');
  write(join(addon, 'package.json'), '{"version": "4.22.0"}');
  return { root, addon, directory: fakeTensorFlow(sandbox.path('tensorflow')) };
}

describe('without what the build needs', () => {
  test('the reason is given and remembered, and a compiler that comes later is a reason to try again', async () => {
    const { root, directory } = prepare();
    vi.stubEnv('CXX', undefined);
    vi.stubEnv('PATH', sandbox.path('bin'));
    const addon = await provideAddon(root, directory, { fresh: false });
    expect(addon).toMatchObject({
      built: false,
      reason: expect.stringMatching(/no C\+\+ compiler.*Install g\+\+/),
    });
    expect(recordedAddon(root, directory)).toMatchObject({ built: false });
    for (const name of ['make', 'g++']) {
      chmodSync(write(sandbox.path('bin', name), '#!/bin/sh'), 0o755);
    }
    expect(recordedAddon(root, directory)).toBeUndefined();
  });

  test('a TensorFlow without headers is named', async () => {
    const { root } = prepare();
    const bare = sandbox.path('bare');
    for (const name of libraryFiles) write(join(bare, name));
    const { reason } = await provideAddon(root, bare, { fresh: false });
    expect(reason).toMatch(/no TensorFlow headers in .*bare\/include/);
  });

  test('a package that is not installed is named', async () => {
    const { directory } = prepare();
    const bare = dirname(write(sandbox.path('bare-project', 'package.json'), '{}'));
    expect((await provideAddon(bare, directory, { fresh: false })).reason).toMatch(
      /tfjs-node-gpu is not installed/,
    );
  });

  test('another TensorFlow is a reason to build again', async () => {
    const { root, directory } = prepare();
    vi.stubEnv('PATH', sandbox.path('bin'));
    await provideAddon(root, directory, { fresh: false });
    write(join(directory, libraryFiles[0]!), 'another version of the library');
    expect(recordedAddon(root, directory)).toBeUndefined();
  });
});

test('the links lead to TensorFlow under every name that the build and the loader look for', () => {
  const { addon, directory } = prepare();
  mkdirSync(join(addon, 'deps'));
  linkTensorFlow(addon, directory);
  const [unversioned, versioned] = process.platform === 'darwin' ? ['dylib', '2.dylib'] : ['so', 'so.2'];
  for (const name of ['tensorflow', 'tensorflow_cc', 'tensorflow_framework'])
    expect(realpathSync(join(addon, 'deps', 'lib', `lib${name}.${versioned}`))).toBe(
      realpathSync(join(directory, libraryFiles[name === 'tensorflow_framework' ? 1 : 0]!)),
    );
  expect(readlinkSync(join(addon, 'deps', 'lib', `libtensorflow.${unversioned}`))).toBe(
    join(directory, libraryFiles[0]!),
  );
  expect(readFileSync(join(addon, 'deps', 'include', 'tensorflow', 'c', 'c_api.h'), 'utf8')).toBe('');
  expect(lstatSync(join(addon, 'deps', 'nvidia'), { throwIfNoEntry: false })).toBeUndefined();
});

test('CUDA packages are linked where the GPU build looks for them', () => {
  const { addon } = prepare();
  const directory = fakeTensorFlow(sandbox.path('site-packages', 'tensorflow'));
  write(sandbox.path('site-packages', 'nvidia', 'cudnn', 'lib', 'libcudnn.so.9'), 'cuda');
  linkTensorFlow(addon, directory);
  expect(
    readFileSync(join(addon, 'deps', 'lib', '..', 'nvidia', 'cudnn', 'lib', 'libcudnn.so.9'), 'utf8'),
  ).toBe('cuda');
});

test('Node’s own headers are taken only when they are of its version', () => {
  const prefix = sandbox.path('node');
  const node = write(join(prefix, 'bin', 'node'));
  expect(headersPrefix(node, 'v22.1.0')).toBeUndefined();
  write(join(prefix, 'include', 'node', 'node.h'));
  write(join(prefix, 'include', 'node', 'node_version.h'), '#define NODE_MAJOR_VERSION 22\n');
  expect(headersPrefix(node, 'v22.1.0')).toBe(prefix);
  expect(headersPrefix(node, 'v20.1.0')).toBeUndefined();
});
