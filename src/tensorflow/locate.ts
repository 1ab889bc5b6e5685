import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../errors.js';

/** Where TensorFlow's libraries came from, first of all. */
export type TensorFlowSource = 'environment' | 'cache' | 'python' | 'download';

/** TensorFlow on this machine. All paths are absolute. */
export interface TensorFlowLocation {
  /** The folder that holds the two libraries. */
  directory: string;
  /** For example `2.21.0`; `unknown` for a folder that does not tell. */
  version: string;
  source: TensorFlowSource;
  /** True for a build that comes with its CUDA packages. */
  gpu: boolean;
  libraries: { cc: string; framework: string };
}

/** What set-up records, in `current.json` and, for an unpacked wheel, in its folder's `build.json`. */
interface SetupRecord {
  version?: string;
  directory?: string;
  source?: TensorFlowSource;
  gpu?: boolean;
  wheel?: string;
  sha256?: string;
}

const CHUNK_BYTES = 1 << 22;

/** The folder of everything that is downloaded or unpacked: `SAM_FINETUNE_CACHE`, or `~/.cache/sam-finetune`. */
export function cacheDirectory(): string {
  return resolve(process.env.SAM_FINETUNE_CACHE || join(homedir(), '.cache', 'sam-finetune'));
}

/** The command that sets up, as the user of this copy would type it: in a checkout, or as an installed package. */
export function setupCommand(): string {
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  )
    if (existsSync(join(folder, 'package.json')))
      return existsSync(join(folder, 'tsconfig.json')) ? 'npm run setup' : 'npx sam-finetune setup';
  return 'sam-finetune setup';
}

/**
 * Finds the TensorFlow that set-up provided: what `SAM_FINETUNE_TENSORFLOW` names (a folder or a wheel file), else
 * what `current.json` in the cache records.
 *
 * @throws InputError where there is none, or where its files are gone
 */
export function locateTensorFlow(): TensorFlowLocation {
  const named = process.env.SAM_FINETUNE_TENSORFLOW;
  return named ? fromEnvironment(resolve(named)) : fromRecord();
}

function fromEnvironment(path: string): TensorFlowLocation {
  if (!existsSync(path))
    throw new InputError(
      `SAM_FINETUNE_TENSORFLOW names '${path}', which does not exist. Name a folder with ${wanted()}, or a TensorFlow wheel.`,
    );
  if (statSync(path).isFile()) {
    const directory = unpackedWheel(path);
    if (directory) return describe(directory, 'environment');
    throw new InputError(
      `SAM_FINETUNE_TENSORFLOW names the wheel '${path}', which is not unpacked yet. Run \`${setupCommand()}\`.`,
    );
  }
  const directory = [path, join(path, 'tensorflow')].find(isComplete);
  if (directory) return describe(directory, 'environment');
  throw new InputError(
    `SAM_FINETUNE_TENSORFLOW names '${path}', which does not hold ${wanted()}. Name the folder that does, or a TensorFlow wheel.`,
  );
}

function fromRecord(): TensorFlowLocation {
  const { directory, source = 'cache' } = readRecord(currentFile());
  if (directory && isComplete(directory)) return describe(directory, source);
  const lost = directory
    ? `TensorFlow is no longer at '${directory}'.`
    : 'TensorFlow is not set up on this machine.';
  throw new InputError(
    `${lost} Run \`${setupCommand()}\`, or set SAM_FINETUNE_TENSORFLOW to a folder with ${wanted()}.`,
  );
}

function describe(directory: string, source: TensorFlowSource): TensorFlowLocation {
  const current = readRecord(currentFile());
  const known = current.directory === directory ? current : readRecord(join(directory, 'build.json'));
  return {
    directory,
    version: known.version ?? installedVersion(directory) ?? 'unknown',
    source,
    gpu: known.gpu ?? existsSync(join(directory, '..', 'nvidia', 'cudnn')),
    libraries: libraries(directory),
  };
}

/** The folder in the cache that a wheel was unpacked into; told by the wheel's hash, or by the last set-up. */
function unpackedWheel(wheel: string): string | undefined {
  const current = readRecord(currentFile());
  const unchanged = current.wheel === wheel && statSync(wheel).mtimeMs < statSync(currentFile()).mtimeMs;
  if (unchanged && current.directory && isComplete(current.directory)) return current.directory;
  const folder = join(cacheDirectory(), 'tensorflow');
  if (!existsSync(folder)) return undefined;
  const sha256 = hashOf(wheel);
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(folder, name))
    .find(
      (directory) => readRecord(join(directory, 'build.json')).sha256 === sha256 && isComplete(directory),
    );
}

function hashOf(file: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    for (let read = 1; read > 0; ) {
      read = readSync(descriptor, chunk);
      hash.update(chunk.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

/** The version in the `.dist-info` beside a site-packages/tensorflow folder. */
function installedVersion(directory: string): string | undefined {
  if (basename(directory) !== 'tensorflow') return undefined;
  for (const name of readdirSync(dirname(directory))) {
    const version = /^tensorflow(?:_cpu|_gpu|_macos|_intel|_cpu_aws)?-(\d[^-]*)\.dist-info$/.exec(name)?.[1];
    if (version) return version;
  }
  return undefined;
}

function libraries(directory: string): { cc: string; framework: string } {
  if (process.platform === 'win32')
    throw new InputError(
      'Windows is not supported: TensorFlow has no C library there. Use WSL (Windows Subsystem for Linux).',
    );
  const suffix = process.platform === 'darwin' ? '2.dylib' : 'so.2';
  return {
    cc: join(directory, `libtensorflow_cc.${suffix}`),
    framework: join(directory, `libtensorflow_framework.${suffix}`),
  };
}

function isComplete(directory: string): boolean {
  return Object.values(libraries(directory)).every((file) => existsSync(file));
}

function wanted(): string {
  const { cc, framework } = libraries('');
  return `${basename(cc)} and ${basename(framework)}`;
}

const currentFile = (): string => join(cacheDirectory(), 'tensorflow', 'current.json');

/** Reads what set-up wrote; a file that is absent or damaged counts as nothing recorded. */
function readRecord(file: string): SetupRecord {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
