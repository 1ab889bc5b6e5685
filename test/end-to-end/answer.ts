import { vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import type { Outcome } from './command.js';

/**
 * What the command answers, within this process: Node takes longer to start and to load it than most answers take. What
 * a process is for, as signals, threads and what native code prints, is for `run` of the real command.
 */
export async function answer(args: readonly string[], { cwd }: { cwd: string }): Promise<Outcome> {
  const [from, exitCode, listeners] = [process.cwd(), process.exitCode, process.stdout.listeners('error')];
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  // npm tells its scripts where it was called, which is not where this command is.
  vi.stubEnv('INIT_CWD', undefined);
  process.chdir(cwd);
  process.exitCode = undefined;
  try {
    const code = await main(args);
    return { code, ...said };
  } finally {
    process.exitCode = exitCode;
    process.chdir(from);
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
    for (const listener of process.stdout.listeners('error'))
      if (!listeners.includes(listener)) process.stdout.off('error', listener as () => void);
  }
}
