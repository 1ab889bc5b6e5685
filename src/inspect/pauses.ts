import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work between two pauses: a key that is pressed is answered before anybody waits for it. */
const SLICE = 50;

/** Lets the process see to other things, where it is time to. */
export type Pause = () => Promise<void>;

/**
 * Pauses for a long computation: between its parts, timers, progress and Ctrl-C get their turn.
 *
 * @param signal ends the computation: a pause then throws the signal's reason
 */
export function pauses(signal?: AbortSignal): Pause {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE) return;
    await setImmediate();
    signal?.throwIfAborted();
    since = performance.now();
  };
}
