import { damaged } from '../../../bytes/damaged.js';
import { startThread } from './start-thread.js';
import type { Hdf5Answer, Hdf5Group, Hdf5Place, Hdf5Request } from './tree.js';

export interface Hdf5Options {
  /** Groups that are left out, `/a/b`. @default [] */
  skip?: readonly string[];
  /** A thread that reads nothing for this long does not come back, in milliseconds. @default 10000 */
  longestPause?: number;
}

/** In milliseconds. */
const CHECK_INTERVAL = 250;

/**
 * Reads an HDF5 file: groups, attributes of text, and datasets of numbers. The file is read where it lies; memory is
 * what its datasets take.
 *
 * @throws InputError with the path, for a file that is truncated, corrupt or hostile
 */
export async function readHdf5(
  place: Hdf5Place,
  { skip = [], longestPause = 10_000 }: Hdf5Options = {},
): Promise<Hdf5Group> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const answer = await ask({ ...place, skip, progress }, longestPause);
  if ('root' in answer) return answer.root;
  throw damaged(place.path, 'HDF5 that can be read', `other bytes: ${answer.failure}`);
}

async function ask(request: Hdf5Request, longestPause: number): Promise<Hdf5Answer> {
  const worker = startThread('thread', request);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Hdf5Answer>((resolve) => {
      worker.on('message', resolve);
      worker.on('error', (error) => resolve({ failure: error.message }));
      worker.on('exit', () => resolve({ failure: 'its reader ended before it was done' }));
      timer = watch(request.progress, longestPause, () =>
        resolve({ failure: 'its reader does not come to an end' }),
      );
    });
  } finally {
    clearInterval(timer);
    await worker.terminate();
  }
}

// Counted in checks, not by the clock: a machine that sleeps, or a main thread that is busy, is no sign of a bad file.
function watch(progress: Int32Array, longestPause: number, onPause: () => void): NodeJS.Timeout {
  let [seen, idleChecks] = [-1, 0];
  return setInterval(() => {
    const now = Atomics.load(progress, 0);
    idleChecks = now === seen ? idleChecks + 1 : 0;
    seen = now;
    if (idleChecks * CHECK_INTERVAL >= longestPause) onPause();
  }, CHECK_INTERVAL);
}
