import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What became of one damaged file. */
export interface Outcome {
  index: number;
  /** `refused` with an InputError; `read`: the damage did not matter; `failed`: with any other error. */
  kind: 'read' | 'refused' | 'failed';
  message: string;
  ms: number;
  /** Resident memory afterwards, in bytes. */
  rss: number;
}

/** How the reading program ended, and what it told. */
export interface Reading {
  outcomes: Outcome[];
  /** Exit code; null when it was killed or crashed. */
  code: number | null;
  /** What was printed besides outcomes. */
  noise: string;
}

/** A file that takes longer than this is taken for a hang, in milliseconds. */
const LONGEST = 30_000;

/** Reads each path in a process of its own, which is killed when one of them takes too long. */
export async function readAll(paths: readonly string[], folder: string): Promise<Reading> {
  const list = join(folder, 'paths.json');
  writeFileSync(list, JSON.stringify(paths));
  const program = fileURLToPath(new URL('reader.mjs', import.meta.url));
  const child = spawn(process.execPath, [program, list], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcomes: Outcome[] = [];
  let noise = '';
  let rest = '';
  let timer = setTimeout(() => child.kill('SIGKILL'), LONGEST);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), LONGEST);
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) {
      if (line.startsWith('{"index":')) outcomes.push(JSON.parse(line) as Outcome);
      else noise += `${line}\n`;
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    noise += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return { outcomes, code, noise };
}
