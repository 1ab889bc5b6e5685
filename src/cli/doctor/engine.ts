import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Device } from '../../tensorflow/index.js';
import { locateTensorFlow, type TensorFlowSource } from '../../tensorflow/locate.js';

/** What TensorFlow is on this machine, and whether it computes. */
export interface EngineReport {
  works: boolean;
  version: string | null;
  source: TensorFlowSource | null;
  directory: string | null;
  /** A build with CUDA packages. */
  gpu: boolean;
  devices: Device[];
  /** Why it does not work. */
  problem?: string;
}

const PROBE_MS = 120_000;
const run = promisify(execFile);

/** Looks for TensorFlow, and has it compute something in a process of its own. */
export async function examineEngine(): Promise<EngineReport> {
  const none = { works: false, version: null, source: null, directory: null, gpu: false, devices: [] };
  let location: ReturnType<typeof locateTensorFlow>;
  try {
    location = locateTensorFlow();
  } catch (error) {
    return { ...none, problem: (error as Error).message };
  }
  const { version, source, directory, gpu } = location;
  const found = { version, source, directory, gpu };
  try {
    const { stdout } = await run(process.execPath, [...process.execArgv, probe()], { timeout: PROBE_MS });
    return { works: true, ...found, ...(JSON.parse(stdout) as Pick<EngineReport, 'version' | 'devices'>) };
  } catch (error) {
    return { ...none, ...found, problem: reason(error as ProbeError) };
  }
}

interface ProbeError extends Error {
  stderr?: string;
  signal?: string | null;
}

/** The probe beside this file, compiled or not as this file is. */
function probe(): string {
  const own = fileURLToPath(import.meta.url);
  return fileURLToPath(new URL(`probe${extname(own)}`, import.meta.url));
}

/** The line of the process's last words that has the error. */
function reason({ message, stderr = '', signal }: ProbeError): string {
  if (signal) return `the process that loaded it was ended by ${signal}`;
  const line = stderr.split('\n').find((text) => /^\w*Error\b/.test(text));
  return line ?? message.split('\n')[0]!;
}
