import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { exportModel } from '../../src/index.js';
import { startInference } from '../../src/model/inference.js';
import { type Outcome, start } from '../end-to-end/command.js';
import { smallModel } from '../train/small-network.js';

/** A model server that runs as a process of its own. */
export interface CommandServer {
  child: ChildProcess;
  ended: Promise<Outcome>;
  url: string;
  port: number;
}

export const CLASSES = 7;
/** Side of what the small model takes, in pixels. */
export const SIDE = 32;

/** Exports a small network with random weights, and gives its folder. */
export async function exportSmallModel(folder: string): Promise<string> {
  const out = join(folder, 'small-model');
  const drawn = smallModel({ side: SIDE, classes: CLASSES });
  const engine = await startInference(drawn, { seed: 1 });
  const weights = await engine.variables.values(engine.session);
  await engine.close();
  await exportModel(drawn.with({ weights }), { out });
  return out;
}

/** Starts `serve`, and waits until it listens. */
export async function startServer(
  model: string,
  { cwd, args = [] }: { cwd: string; args?: readonly string[] },
): Promise<CommandServer> {
  const { child, ended } = start(['serve', model, '--port', '0', ...args], { cwd });
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, address] = /^Listening on (http:\S+)\n/.exec(said) ?? [];
      if (address) resolve(address);
    });
    void ended.then(({ stderr }) => reject(new Error(`It ended before it listened: ${stderr}`)));
  });
  return { child, ended, url, port: Number(new URL(url).port) };
}

/** What `/health` says. */
export interface Health {
  ready: boolean;
  model: string;
  uptime: number;
  counters: { predictions: number; gone: number; batches: number; responses: Record<string, number> };
  open: { requests: number; decoding: number; waiting: number; running: number };
  /** Resident bytes of the server. */
  memory: number;
}

export const healthOf = async (url: string): Promise<Health> =>
  (await (await fetch(`${url}/health`)).json()) as Health;

/** Nothing is under way. */
export const IDLE: Health['open'] = { requests: 0, decoding: 0, waiting: 0, running: 0 };
