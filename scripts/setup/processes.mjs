import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const KEPT_CHARACTERS = 20_000;
const running = new Set();

/**
 * Runs a program to its end. Gives its exit code and the end of what it printed; never throws for a program that
 * fails (a program that is not there has code 127).
 *
 * @param show true to pass its output through to the terminal's standard error instead of keeping it
 */
export function run(command, args, { cwd, env, show = false } = {}) {
  return new Promise((resolve) => {
    const stdio = show ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio });
    const kept = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name]?.setEncoding('utf8').on('data', (text) => {
        kept[name] = (kept[name] + text).slice(-KEPT_CHARACTERS);
      });
    running.add(child);
    const end = (code, signal) => {
      running.delete(child);
      resolve({ code, signal, ...kept });
    };
    child.on('error', (error) => {
      kept.stderr += error.message;
      end(127, null);
    });
    child.on('close', (code, signal) => end(code ?? 1, signal));
  });
}

/** Ends what `run` has started: for an interrupted set-up. */
export function endRunning() {
  for (const child of running) child.kill('SIGTERM');
}

/** The full path of a program on PATH, or undefined. */
export function onPath(name, path = process.env.PATH ?? '') {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {}
  }
  return undefined;
}

/** The last lines of a program's output, indented, to be shown below a message. */
export function lastLines(text, count = 6) {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim());
  return lines
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');
}
