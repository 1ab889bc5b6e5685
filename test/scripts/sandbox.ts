import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, vi } from 'vitest';

/** The project's root folder. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** File names of TensorFlow's two libraries on this machine. */
export const libraryFiles = ['libtensorflow_cc', 'libtensorflow_framework'].map((name) =>
  process.platform === 'darwin' ? `${name}.2.dylib` : `${name}.so.2`,
);

/** Imports a module of `scripts/setup`, which is plain JavaScript. */
export const setupModule = <T>(name: string): Promise<T> =>
  import(new URL(`../../scripts/setup/${name}.mjs`, import.meta.url).href);

/** A temporary folder for each test, with a cache of its own in it. Call inside `describe` or at the top. */
export function useSandbox(): { path: (...parts: string[]) => string } {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sam-finetune-test-'));
    vi.stubEnv('SAM_FINETUNE_CACHE', join(folder, 'cache'));
    vi.stubEnv('SAM_FINETUNE_TENSORFLOW', undefined);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });
  return { path: (...parts) => join(folder, ...parts) };
}

/** Writes a file together with its folders. */
export function write(file: string, text = ''): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A folder as TensorFlow's, with libraries that hold nothing of use. */
export function fakeTensorFlow(folder: string): string {
  for (const name of libraryFiles) write(join(folder, name), 'not a library');
  write(join(folder, 'include', 'tensorflow', 'c', 'c_api.h'));
  return folder;
}

/** A small wheel: the two libraries (or those given), headers that are wanted and files that are not. */
export function fakeWheel(file: string, { libraries = libraryFiles } = {}): string {
  const names = [
    ...libraries.map((name) => `tensorflow/${name}`),
    'tensorflow/include/tensorflow/c/c_api.h',
    'tensorflow/include/xla/tsl/c/tsl_status.h',
    'tensorflow/include/tensorflow/core/platform/ctstring_internal.h',
    'tensorflow/include/Eigen/Core.h',
    'tensorflow/python/big.py',
    'tensorflow/../escaped.h',
  ];
  const script =
    'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n' +
    '  for n in sys.argv[2:]: z.writestr(n, n * 100)';
  mkdirSync(dirname(file), { recursive: true });
  execFileSync('python3', ['-c', script, file, ...names]);
  return file;
}

/** A python3 in a folder of its own that stands first on PATH, whose `pip download` is `steps`, one shell command a try. */
export function fakePython(folder: string, steps: string[]) {
  const real = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  }).trim();
  const calls = join(folder, 'calls');
  const tries = steps.map((step, index) => `${index + 1}) ${step} ;;`).join('\n      ');
  const script = `#!/bin/sh
case "$1 $2 $3" in
  "-c "*sys.executable*) echo "3 $0"; exit 0 ;;
  "-m pip --version") exit 0 ;;
  "-m pip download")
    echo "$@" >> '${calls}'
    while [ "$1" != --dest ]; do shift; done
    DEST="$2"
    case $(grep -c . '${calls}') in
      ${tries}
      *) echo "no more tries" >&2; exit 1 ;;
    esac
    exit 0 ;;
esac
exec '${real}' "$@"
`;
  const program = write(join(folder, 'python3'), script);
  chmodSync(program, 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  return {
    program,
    /** The arguments of each `pip download` so far. */
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
  };
}
