/** How items become batches. */
export interface BatchingOptions {
  /** Items of a batch, at most. */
  batchSize: number;
  /** Milliseconds that the first item of a batch waits for it to fill; 0 takes what is there. */
  maxWait: number;
}

/** What turns single items into batches. */
export interface Batching<T, R> {
  /**
   * Waits for its turn and gives the item's own result.
   *
   * @param signal takes the item out of the line; once its batch runs, it does so to the end
   */
  add(item: T, signal?: AbortSignal): Promise<R>;
  /** Items in line. */
  readonly waiting: number;
  /** Items of the batch that runs. */
  readonly running: number;
}

interface Place<T, R> {
  item: T;
  since: number;
  resolve(result: R): void;
  reject(reason: unknown): void;
}

/**
 * Runs items in batches, one at a time, in the order that they came in. While one runs, the others gather: under load
 * batches fill by themselves, and without it nobody waits.
 *
 * @param run gives one result an item, in their order; where it fails, all items of the batch do
 */
export function batching<T, R>(
  run: (items: readonly T[]) => Promise<readonly R[]>,
  { batchSize, maxWait }: BatchingOptions,
): Batching<T, R> {
  const line: Place<T, R>[] = [];
  let running = 0;
  let timer: NodeJS.Timeout | undefined;

  function startIfDue(): void {
    clearTimeout(timer);
    const [first] = line;
    if (running > 0 || !first) return;
    const left = first.since + maxWait - performance.now();
    if (line.length >= batchSize || left <= 0) void start(line.splice(0, batchSize));
    else timer = setTimeout(startIfDue, Math.ceil(left));
  }

  async function start(batch: readonly Place<T, R>[]): Promise<void> {
    running = batch.length;
    try {
      const results = await run(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, i) => {
        resolve(results[i]!);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    running = 0;
    startIfDue();
  }

  return {
    add: (item, signal) =>
      new Promise<R>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const leave = () => {
          const at = line.indexOf(place);
          if (at < 0) return;
          line.splice(at, 1);
          reject(signal!.reason);
        };
        const settled = <V>(settle: (value: V) => void) => {
          return (value: V) => {
            signal?.removeEventListener('abort', leave);
            settle(value);
          };
        };
        const place: Place<T, R> = {
          item,
          since: performance.now(),
          resolve: settled(resolve),
          reject: settled(reject),
        };
        signal?.addEventListener('abort', leave, { once: true });
        line.push(place);
        startIfDue();
      }),
    get waiting() {
      return line.length;
    },
    get running() {
      return running;
    },
  };
}
