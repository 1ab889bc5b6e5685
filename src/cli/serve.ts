import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { invalid } from '../errors.js';
import { DEFAULTS, type ServeOptions, serve } from '../serve/index.js';
import { importBase } from '../weights/import-base.js';
import { COMMAND } from './invocation.js';
import { bytes, count, print, say } from './output.js';
import { onInterrupt } from './train/interruption.js';

interface ServeFlags {
  host: string;
  allowOrigin?: string;
  [number: string]: string | undefined;
}

/** The options that are numbers: what they stand for, and their place in the library's options. */
const NUMBERS = {
  port: ['--port <number>', 'port to listen on; 0 takes any that is free'],
  batchSize: ['--batch-size <count>', 'images that run through the network at once, at most'],
  maxWait: ['--max-wait <ms>', 'how long an image waits for others to share a batch with'],
  maxBytes: ['--max-bytes <bytes>', 'bytes of a request, at most'],
  maxPixels: ['--max-pixels <count>', 'pixels of an image, at most'],
  timeout: ['--timeout <seconds>', 'how long the headers may take to arrive, and then the body'],
  queue: ['--queue <count>', 'images under way at the same time, at most; more are answered with 503'],
} as const satisfies Partial<Record<keyof ServeOptions, readonly [string, string]>>;

type NumberName = keyof typeof NUMBERS;
const NUMBER_NAMES = Object.keys(NUMBERS) as NumberName[];

const NOTICE = 'Answering what is under way, then stopping. Ctrl-C again stops at once.';

/** Adds `serve`. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('classify images over HTTP, with a page for the browser')
    .description(
      'Serves a model over HTTP: POST /predict takes an image as the body, or a form with one, and answers as predict ' +
        '--json does (?top=N, ?logits=true); GET /health and GET /model tell about it, and / is a page to try it out.',
    )
    .argument('<run|model>', 'run, model in any format that is read, or name of a base')
    .option(
      '--host <address>',
      'address to listen on; 0.0.0.0 lets other machines in, whoever they are',
      DEFAULTS.host,
    );
  for (const name of NUMBER_NAMES) {
    const [flags, description] = NUMBERS[name];
    command.option(flags, description, String(DEFAULTS[name]));
  }
  command
    .option(
      '--allow-origin <origins>',
      'comma-separated origins whose pages may ask (CORS), or * (default: none)',
    )
    .action(serveCommand);
}

async function serveCommand(path: string, flags: ServeFlags): Promise<void> {
  const options = optionsOf(flags);
  const model = await importBase(path);
  const interruption = onInterrupt(() => {}, { notice: NOTICE });
  const { signal } = interruption;
  try {
    // The folder's name will do: where it lies is nothing that clients need to know.
    const name = existsSync(path) ? basename(resolve(path)) : path;
    const { url, close } = await serve(model, { ...options, name, onError: sayFailure });
    say(
      `${name}: ${count(model.labels.length)} classes, ${model.imageSize} px. ` +
        `Up to ${bytes(options.maxBytes!)} and ${count(options.maxPixels!)} pixels an image. Ctrl-C stops it.`,
    );
    print(`Listening on ${url}`);
    try {
      if (!signal.aborted) await new Promise((go) => signal.addEventListener('abort', go, { once: true }));
    } finally {
      await close();
    }
  } finally {
    interruption.dispose();
    await model.dispose();
  }
}

function optionsOf(flags: ServeFlags): ServeOptions {
  const numbers = NUMBER_NAMES.map((name) => [name, numberOf(name, flags[name]!)]);
  return {
    host: flags.host,
    ...Object.fromEntries(numbers),
    allowOrigins: flags.allowOrigin?.split(',').map((origin) => origin.trim()) ?? [],
  };
}

function numberOf(name: NumberName, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw invalid(NUMBERS[name][0].split(' ')[0]!, 'a number', text);
}

/** What failed in the server itself. It goes on. */
function sayFailure(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  say(`error: ${message}`);
  if (process.env.DEBUG?.includes(COMMAND)) say(stack ?? '');
}
