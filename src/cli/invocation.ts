import { basename, delimiter, dirname, join, relative, resolve, sep } from 'node:path';

/** The name of the command, as it is installed. */
export const COMMAND = 'sam-finetune';

/**
 * Where the user is: the folder of the shell, also where npm has changed to the package's own before it called.
 */
const shellFolder = (): string => process.env.INIT_CWD || process.cwd();

/** A path as the user would type it: relative where that is shorter, quoted where a shell needs it. */
export function typed(path: string): string {
  const absolute = resolve(path);
  const short = relative(shellFolder(), absolute) || '.';
  return quoted(short.length < absolute.length ? short : absolute);
}

/** A word for a shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command of this program that works where the user is, in the way that this one was called. */
export function commandLine(...words: readonly string[]): string {
  return [program(process.argv[1] ?? ''), ...words].join(' ');
}

function program(script: string): string {
  const folder = dirname(resolve(script));
  if (basename(script) === COMMAND && folder.endsWith(join(sep, 'node_modules', '.bin')))
    return `npx ${COMMAND}`;
  const onPath = (process.env.PATH ?? '').split(delimiter).includes(folder);
  return basename(script) === COMMAND && onPath ? COMMAND : `node ${typed(script)}`;
}
