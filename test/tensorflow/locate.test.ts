import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InputError } from '../../src/errors.js';
import { cacheDirectory, locateTensorFlow } from '../../src/tensorflow/locate.js';

const suffix = process.platform === 'darwin' ? '2.dylib' : 'so.2';
let folder: string;
const path = (...parts: string[]) => join(folder, ...parts);
const write = (file: string, text = '') => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const tensorflow = (directory: string) => {
  for (const name of ['cc', 'framework']) write(join(directory, `libtensorflow_${name}.${suffix}`));
  return directory;
};
const record = (value: object) => write(path('cache', 'tensorflow', 'current.json'), JSON.stringify(value));
const message = () => {
  try {
    locateTensorFlow();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('TensorFlow was found');
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sam-finetune-test-'));
  vi.stubEnv('SAM_FINETUNE_CACHE', path('cache'));
  vi.stubEnv('SAM_FINETUNE_TENSORFLOW', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('the cache is where the environment says, or in the home folder', () => {
  expect(cacheDirectory()).toBe(path('cache'));
  vi.stubEnv('SAM_FINETUNE_CACHE', undefined);
  expect(cacheDirectory()).toBe(join(homedir(), '.cache', 'sam-finetune'));
});

describe('what set-up recorded', () => {
  test('is used, with its libraries', () => {
    const directory = tensorflow(path('somewhere'));
    record({ directory, version: '2.20.0', source: 'python', gpu: true });
    expect(locateTensorFlow()).toEqual({
      directory,
      version: '2.20.0',
      source: 'python',
      gpu: true,
      libraries: {
        cc: join(directory, `libtensorflow_cc.${suffix}`),
        framework: join(directory, `libtensorflow_framework.${suffix}`),
      },
    });
  });

  test('nothing recorded, or a damaged record, says which command sets up', () => {
    expect(message()).toMatch(/not set up.*`npm run setup`.*SAM_FINETUNE_TENSORFLOW/);
    write(path('cache', 'tensorflow', 'current.json'), '{"directory":');
    expect(message()).toMatch(/not set up/);
    write(path('cache', 'tensorflow', 'current.json'), 'null');
    expect(message()).toMatch(/not set up/);
  });

  test('a folder that has lost a library is named', () => {
    const directory = tensorflow(path('somewhere'));
    record({ directory, version: '2.20.0', source: 'python', gpu: false });
    rmSync(join(directory, `libtensorflow_framework.${suffix}`));
    expect(message()).toMatch(/no longer at '.*somewhere'.*npm run setup/);
  });
});

describe('SAM_FINETUNE_TENSORFLOW', () => {
  const named = (value: string) => vi.stubEnv('SAM_FINETUNE_TENSORFLOW', value);

  test('a folder goes before what was recorded, and tells its version as far as it can', () => {
    record({ directory: tensorflow(path('recorded')), version: '2.18.0', source: 'download' });
    named(tensorflow(path('bare')));
    expect(locateTensorFlow()).toMatchObject({
      directory: path('bare'),
      version: 'unknown',
      source: 'environment',
    });
    write(path('site', 'tensorflow_cpu-2.19.1.dist-info', 'METADATA'));
    write(path('site', 'tensorflow_datasets-4.9.0.dist-info', 'METADATA'));
    tensorflow(path('site', 'tensorflow'));
    named(path('site'));
    expect(locateTensorFlow()).toMatchObject({
      directory: path('site', 'tensorflow'),
      version: '2.19.1',
      source: 'environment',
      gpu: false,
    });
  });

  test('a folder without the libraries, or none, is named with what is wanted', () => {
    named(path());
    expect(message()).toMatch(
      /does not hold libtensorflow_cc.* and libtensorflow_framework.*Name the folder/,
    );
    named(path('nowhere'));
    expect(message()).toMatch(/nowhere', which does not exist/);
  });

  test('a wheel is found by its hash where it was unpacked', () => {
    const wheel = write(path('tensorflow_cpu-2.20.0.whl'), 'a wheel');
    named(wheel);
    expect(message()).toMatch(/wheel '.*whl', which is not unpacked yet. Run `npm run setup`/);
    const sha256 = createHash('sha256').update(readFileSync(wheel)).digest('hex');
    const directory = tensorflow(path('cache', 'tensorflow', 'tensorflow-cpu-2.20.0-x'));
    write(join(directory, 'build.json'), JSON.stringify({ version: '2.20.0', gpu: false, sha256 }));
    const found = { directory, version: '2.20.0', source: 'environment' };
    expect(locateTensorFlow()).toMatchObject(found);
    write(wheel, 'another wheel');
    expect(message()).toMatch(/not unpacked yet/);
  });

  test('the record of a wheel holds only while the wheel is unchanged', () => {
    const wheel = write(path('tensorflow_cpu-2.20.0.whl'), 'a wheel');
    utimesSync(wheel, 1, 1);
    named(wheel);
    const directory = tensorflow(path('cache', 'tensorflow', 'unpacked'));
    record({ directory, version: '2.20.0', source: 'environment', gpu: false, wheel });
    expect(locateTensorFlow()).toMatchObject({ directory, version: '2.20.0', source: 'environment' });
    const later = Date.now() / 1000 + 60;
    utimesSync(wheel, later, later);
    expect(message()).toMatch(/not unpacked yet/);
  });
});
