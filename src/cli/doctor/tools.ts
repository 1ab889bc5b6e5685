import { execFile } from 'node:child_process';
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TOOL_MS = 20_000;

/** The programs that set-up calls: what each says of its version, or null. */
export interface Tools {
  compiler: string | null;
  make: string | null;
  python: string | null;
  pip: string | null;
}

/** Asks the programs that set-up calls for their versions. */
export async function examineTools(): Promise<Tools> {
  const compilers = process.env.CXX ? [process.env.CXX] : ['g++', 'c++', 'clang++'];
  const [make, python, pip, ...found] = await Promise.all([
    versionOf('make', ['--version']),
    versionOf('python3', ['--version']),
    versionOf('python3', ['-m', 'pip', '--version']),
    ...compilers.map((name) => versionOf(name, ['--version'])),
  ]);
  const compiler = found.find((version) => version !== null) ?? null;
  return { compiler, make: make!, python: python!, pip: pip?.replace(/ from .*/, '') ?? null };
}

/** The first line that a program prints about its version, or null where there is no such program. */
async function versionOf(program: string, args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await run(program, args, { timeout: TOOL_MS });
    return stdout.trim().split('\n')[0] ?? null;
  } catch {
    return null;
  }
}

/** Bytes of all files below a folder; 0 where there is none. */
export async function folderBytes(folder: string): Promise<number> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch {
    return 0;
  }
  let sum = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sum += await folderBytes(path);
    else if (entry.isFile()) sum += (await stat(path).catch(() => undefined))?.size ?? 0;
  }
  return sum;
}
