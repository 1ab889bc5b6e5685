import { availableParallelism } from 'node:os';

/**
 * Images that are decoded at once where nobody says how many: two more than there are cores, so that one waits for each
 * that is handed over, and as many as the command gives threads to Node's pool (`UV_THREADPOOL_SIZE`).
 */
export const usualWorkers = (): number => Math.max(4, availableParallelism() + 2);
