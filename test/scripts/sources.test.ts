import { existsSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  fakePython,
  fakeTensorFlow,
  fakeWheel,
  libraryFiles,
  projectRoot,
  setupModule,
  useSandbox,
  write,
} from './sandbox.js';

interface Found {
  directory: string;
  version?: string;
  source: string;
  gpu: boolean;
}
type Source = (options: { gpu: boolean }) => Promise<Found | undefined> | Found | undefined;
const { fromEnvironment, fromCache, fromPython, fromDownload } =
  await setupModule<Record<'fromEnvironment' | 'fromCache' | 'fromPython' | 'fromDownload', Source>>(
    'sources',
  );
const { sources, recordedTensorFlow, provideTensorFlow } = await setupModule<{
  sources(options?: { fresh?: boolean }): Source[];
  recordedTensorFlow: (options: { gpu: boolean }) => Found | undefined;
  provideTensorFlow(root: string): Promise<Found>;
}>('tensorflow');
const sandbox = useSandbox();

const CPU = { gpu: false };
const NAME = 'tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_27_x86_64.whl';
const cache = (...parts: string[]) => sandbox.path('cache', 'tensorflow', ...parts);
const named = (path: string) => vi.stubEnv('SAM_FINETUNE_TENSORFLOW', path);
const shown = () => vi.mocked(process.stderr.write).mock.calls.flat().join('');

/** A site-packages folder that Python sees. */
function sitePackages(version: string): string {
  const site = sandbox.path('site-packages');
  fakeTensorFlow(join(site, 'tensorflow'));
  write(join(site, 'tensorflow', '__init__.py'), 'raise RuntimeError("must not be imported")');
  write(join(site, `tensorflow_cpu-${version}.dist-info`, 'METADATA'));
  vi.stubEnv('PYTHONPATH', site);
  return site;
}

describe('the order of the sources', () => {
  const names = (options?: { fresh: boolean }) => sources(options).map((source) => source.name);

  test('what was recorded, the cache, a Python, a download', () => {
    expect(names()).toEqual(['recordedTensorFlow', 'fromCache', 'fromPython', 'fromDownload']);
    expect(names({ fresh: true })).toEqual(['fromCache', 'fromPython', 'fromDownload']);
  });

  test('the environment variable is the only one where it is set', () => {
    named('/anywhere');
    expect(names()).toEqual(['fromEnvironment']);
  });

  test('a TensorFlow of Python that cannot be loaded is passed over for a download', async () => {
    sitePackages('2.20.0');
    const python = fakePython(sandbox.path('bin'), ['exit 1', 'exit 1', 'exit 1']);
    await expect(provideTensorFlow(projectRoot)).rejects.toThrow(/Downloading tensorflow.* failed 3 times/);
    expect(shown()).toMatch(/site-packages\/tensorflow is not used: it could not compute/);
    expect(python.calls()).toHaveLength(3);
    expect(existsSync(cache('current.json'))).toBe(false);
  });
});

describe('SAM_FINETUNE_TENSORFLOW', () => {
  test('may name the folder, or the site-packages folder around it', async () => {
    const directory = join(sitePackages('2.19.1'), 'tensorflow');
    for (const path of [directory, sandbox.path('site-packages')]) {
      named(path);
      expect(await fromEnvironment(CPU)).toEqual({
        directory,
        version: '2.19.1',
        source: 'environment',
        gpu: false,
      });
    }
  });

  test('CUDA packages beside the folder make it a GPU build', async () => {
    write(join(sitePackages('2.19.1'), 'nvidia', 'cudnn', 'lib', 'libcudnn.so.9'));
    named(sandbox.path('site-packages'));
    expect(await fromEnvironment(CPU)).toMatchObject({ gpu: true });
  });

  test('a folder without the libraries, or none at all, is named with what to do', async () => {
    named(sandbox.path());
    await expect(fromEnvironment(CPU)).rejects.toThrow(
      /sam-finetune-test-.*does not hold libtensorflow_cc.*Name the folder/,
    );
    named(sandbox.path('nowhere'));
    await expect(fromEnvironment(CPU)).rejects.toThrow(/nowhere', which does not exist. Name a folder/);
    named(write(sandbox.path('notes.txt')));
    await expect(fromEnvironment(CPU)).rejects.toThrow(/notes.txt', which is not a TensorFlow wheel/);
  });

  test('a wheel is unpacked once, into a folder of its hash, and only what is needed of it', async () => {
    named(fakeWheel(sandbox.path(NAME)));
    const found = await fromEnvironment(CPU);
    const { sha256 } = JSON.parse(readFileSync(join(found!.directory, 'build.json'), 'utf8'));
    expect(found).toMatchObject({
      version: '2.20.0',
      source: 'environment',
      wheel: sandbox.path(NAME),
      sha256,
    });
    expect(found!.directory).toBe(cache(`tensorflow-cpu-2.20.0-${sha256.slice(0, 12)}`));
    const files = (readdirSync(found!.directory, { recursive: true }) as string[]).filter((name) =>
      /\.\w+$/.test(name),
    );
    expect(files.sort()).toEqual(
      [
        'build.json',
        'include/tensorflow/c/c_api.h',
        'include/tensorflow/core/platform/ctstring_internal.h',
        'include/xla/tsl/c/tsl_status.h',
        ...libraryFiles,
      ].sort(),
    );
    const library = join(found!.directory, libraryFiles[0]!);
    utimesSync(library, 1, 1);
    expect((await fromEnvironment(CPU))!.directory).toBe(found!.directory);
    expect(statSync(library).mtimeMs).toBe(1000);
    expect(readdirSync(cache())).toHaveLength(1);
  });

  test('a truncated wheel leaves nothing behind', async () => {
    const wheel = fakeWheel(sandbox.path(NAME));
    truncateSync(wheel, 500);
    named(wheel);
    await expect(fromEnvironment(CPU)).rejects.toThrow(/Unpacking '.*whl' failed: .*zip.*Is it whole/i);
    expect(readdirSync(cache())).toEqual([]);
  });

  test('a wheel for another platform leaves nothing behind', async () => {
    named(fakeWheel(sandbox.path(NAME), { libraries: ['tensorflow.dll'] }));
    await expect(fromEnvironment(CPU)).rejects.toThrow(
      /does not hold tensorflow\/libtensorflow_cc.*for this platform/,
    );
    expect(readdirSync(cache())).toEqual([]);
  });
});

describe('what earlier runs left', () => {
  const record = (value: object) => write(cache('current.json'), JSON.stringify(value));

  test('the record stands while its files are there', () => {
    const directory = fakeTensorFlow(sandbox.path('somewhere'));
    record({ directory, version: '2.21.0', source: 'python', gpu: false });
    expect(recordedTensorFlow(CPU)).toMatchObject({ directory, source: 'python' });
    expect(recordedTensorFlow({ gpu: true })).toBeUndefined();
    named(fakeTensorFlow(sandbox.path('another')));
    expect(recordedTensorFlow(CPU)).toBeUndefined();
    named(directory);
    expect(recordedTensorFlow(CPU)).toMatchObject({ directory });
  });

  test('a record whose files are gone, or that is damaged, counts as none', () => {
    record({ directory: sandbox.path('gone') });
    expect(recordedTensorFlow(CPU)).toBeUndefined();
    write(cache('current.json'), '{"directory": "/us');
    expect(recordedTensorFlow(CPU)).toBeUndefined();
  });

  test('a folder in the cache is found without a record, unless it is half a folder', () => {
    const half = fakeTensorFlow(cache('tensorflow-cpu-2.21.0'));
    expect(fromCache(CPU)).toBeUndefined();
    write(join(half, 'build.json'), JSON.stringify({ version: '2.21.0', gpu: false }));
    expect(fromCache(CPU)).toMatchObject({ directory: half, version: '2.21.0', source: 'cache' });
    expect(fromCache({ gpu: true })).toBeUndefined();
  });
});

describe('a Python installation', () => {
  test('its TensorFlow is used in place, without being imported', async () => {
    const site = sitePackages('2.18.1');
    expect(await fromPython(CPU)).toEqual({
      directory: join(site, 'tensorflow'),
      version: '2.18.1',
      source: 'python',
      gpu: false,
    });
    expect(await fromPython({ gpu: true })).toBeUndefined();
  });

  test('one that was never tried is passed over, and said so', async () => {
    sitePackages('2.15.0');
    expect(await fromPython(CPU)).toBeUndefined();
    expect(shown()).toMatch(/is not used: it is version 2\.15\.0; tried are 2\.18 to 2\.21/);
  });
});

test('without Python the message says what to install and how to do without', async () => {
  vi.stubEnv('PATH', sandbox.path());
  await expect(fromDownload(CPU) as Promise<unknown>).rejects.toThrow(
    /no python3 with pip.*Install them.*SAM_FINETUNE_TENSORFLOW to the file:.*pip download/s,
  );
});
