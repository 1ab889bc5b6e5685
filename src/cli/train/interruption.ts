import { say } from '../output.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The exit code of an interrupted command, as shells have it for Ctrl-C. */
export const INTERRUPTED = 130;

/** Listens to Ctrl-C while a run is under way. */
export interface Interruption {
  signal: AbortSignal;
  /** Back to what the signals do otherwise. */
  dispose(): void;
}

/** What is said when a run is to stop. */
const NOTICE = 'Stopping after this step. Ctrl-C again stops at once, without a checkpoint.';

/**
 * The first Ctrl-C (or SIGTERM) aborts the signal; a second one ends the process at once.
 *
 * @param tidy called before either is said or done: takes a bar away
 */
export function onInterrupt(tidy: () => void, { notice = NOTICE }: { notice?: string } = {}): Interruption {
  const controller = new AbortController();
  const listener = () => {
    tidy();
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    say(notice);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, listener);
  return {
    signal: controller.signal,
    dispose() {
      for (const name of SIGNALS) process.off(name, listener);
    },
  };
}
