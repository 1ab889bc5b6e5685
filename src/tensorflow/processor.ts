import { readFileSync } from 'node:fs';
import { hasGpu } from './has-gpu.js';

let lacks: boolean | undefined;

/** Whether oneDNN computes convolutions, by the code that it makes for x86 processors. */
export function usesOnednn(): boolean {
  return process.arch === 'x64' && process.env.TF_ENABLE_ONEDNN_OPTS !== '0' && !hasGpu();
}

/** True only where the system tells: on Linux. */
export function lacksAvx512(): boolean {
  lacks ??= process.arch === 'x64' && flags()?.includes(' avx512f') === false;
  return lacks;
}

function flags(): string | undefined {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
