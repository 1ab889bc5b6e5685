import { availableParallelism } from 'node:os';

/** Images in flight for each thread of Node's pool: one that is decoded, others that are read or wait for the thread. */
const A_THREAD = 3;

/**
 * Images that are decoded at once where nobody says how many: three for each of the threads that the command gives to Node's pool
 * (`UV_THREADPOOL_SIZE`: two more than there are cores), so that no thread waits for what is read or handed over.
 */
export const usualWorkers = (): number => A_THREAD * Math.max(4, availableParallelism() + 2);
