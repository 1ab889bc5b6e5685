import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fingerprint, libraryNames } from './layout.mjs';
import { lastLines, run } from './processes.mjs';

const CHECK = fileURLToPath(new URL('check-engine.mjs', import.meta.url));

/** What TensorFlow says to every terminal, whatever the log level. */
const GREETING = /^(WARNING: All log messages before|[IW]\d{4} )/;

/** What a check of the engine depends on: the same key needs no second check. */
export function engineKey(root, directory) {
  const koffi = createRequire(join(root, 'package.json')).resolve('koffi');
  return `${fingerprint(directory)} node ${process.version} ${dirname(koffi)}`;
}

/**
 * Loads TensorFlow through koffi in a process of its own and adds two tensors in a session.
 *
 * @returns `{ version }` of the library, or `{ problem }`
 */
export async function checkEngine(root, directory) {
  const { cc, framework } = libraryNames();
  const files = [join(directory, framework), join(directory, cc)];
  const env = { TF_CPP_MIN_LOG_LEVEL: '3' };
  const { code, signal, stdout, stderr } = await run(process.execPath, [CHECK, ...files], { cwd: root, env });
  if (code === 0) return { version: JSON.parse(stdout).version };
  const told = stderr.split('\n').filter((line) => !GREETING.test(line));
  return {
    problem: lastLines(told.join('\n'), 3) || `  the process was ended by ${signal ?? `code ${code}`}`,
  };
}
