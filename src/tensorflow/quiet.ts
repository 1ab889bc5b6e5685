import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemLibrary } from './system-library.js';

const STDERR = 2;

/**
 * Runs `call` while what native code writes to standard error goes to a temporary file.
 *
 * TensorFlow greets the terminal when it loads and when the first session starts, and some of that no
 * setting of its own turns off. When `call` throws, what was written is shown after all.
 */
export function quietly<T>(call: () => T): T {
  const system = systemLibrary();
  const duplicate = system.func('int dup(int)');
  const replace = system.func('int dup2(int, int)');
  const folder = mkdtempSync(join(tmpdir(), 'sam-finetune-'));
  const file = openSync(join(folder, 'stderr'), 'w+');
  const terminal: number = duplicate(STDERR);
  replace(file, STDERR);
  let written = '';
  try {
    return call();
  } catch (error) {
    written = readFileSync(join(folder, 'stderr'), 'utf8');
    throw error;
  } finally {
    replace(terminal, STDERR);
    closeSync(terminal);
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
    if (written) process.stderr.write(written);
  }
}
