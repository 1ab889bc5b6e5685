import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** One timed pass over the photographs. */
export interface Round {
  images: number;
  seconds: number;
  /** Seconds of all cores together that it took, its worker processes included. */
  processor: number;
}

/** How a program is started. */
export interface Command {
  program: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** A program that passes over the photographs whenever it is told to. */
export interface Contender {
  /** What it says of itself: its libraries and their versions. */
  about: string;
  round(): Promise<Round>;
  stop(): Promise<void>;
}

/** The end of what a program complained about is what names the reason. */
const COMPLAINT = 2000;

/**
 * Starts a program. It writes a line of JSON, `{"about"}`, once it is ready (after a pass that is not timed), and then
 * `{"images", "seconds", "processor"}` for each line that it reads; it ends with its standard input.
 *
 * @throws Error with the end of its standard error where it ends before
 */
export async function startContender({ program, args, env = {} }: Command): Promise<Contender> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT);
  });
  // A program that has ended takes no more lines: its end is reported by what waits for an answer.
  child.stdin.on('error', () => {});
  const ended = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      reject(new Error(`${program} ended (${signal ?? code}): ${complaint.trim() || 'it said nothing'}`)),
    );
  });
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await Promise.race([lines.next(), ended]);
    return done ? ended : JSON.parse(value);
  };
  const { about } = await answer<{ about: string }>();
  return {
    about,
    async round() {
      child.stdin.write('round\n');
      return answer<Round>();
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.stdin.end();
      await closed;
    },
  };
}

/** How {@link serveRounds} is asked, and answers. */
export interface ServeOptions {
  /** @default the standard input */
  input?: Readable;
  /** @default the standard output */
  output?: Writable;
}

/**
 * The other side of {@link startContender}.
 *
 * @param pass goes over the photographs once, and gives their number; it is told how often it was called before
 */
export async function serveRounds(
  about: string,
  pass: (round: number) => Promise<number>,
  { input = process.stdin, output = process.stdout }: ServeOptions = {},
): Promise<void> {
  const say = (value: object) => output.write(`${JSON.stringify(value)}\n`);
  let round = 0;
  await pass(round++);
  say({ about });
  for await (const _ of createInterface({ input })) {
    const started = performance.now();
    const usage = process.cpuUsage();
    const images = await pass(round++);
    const { user, system } = process.cpuUsage(usage);
    say({ images, seconds: (performance.now() - started) / 1000, processor: (user + system) / 1e6 });
  }
}
