import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Steps between two looks at the memory. */
const EVERY = 50;

/** Watches the resident memory of this process while something is repeated. */
export class Resident {
  readonly #bytes: number[] = [];

  /** To be called after each repetition: looks at every 50th, once `warmUp` are over. */
  after(repetition: number, { warmUp }: { warmUp: number }): void {
    if (repetition % EVERY !== 0) return;
    // Called this often, it also keeps V8 from making its heap larger, which would look like a leak.
    collectGarbage();
    if (repetition >= warmUp) this.#bytes.push(process.memoryUsage.rss());
  }

  /**
   * Bytes that a repetition adds, by the median of 50 repetitions: what allocators and the compiler of JavaScript take
   * or give back now and then, in large pieces, does not count.
   */
  get growth(): number {
    const differences = this.#bytes.slice(1).map((bytes, i) => bytes - this.#bytes[i]!);
    return differences.sort((a, b) => a - b)[differences.length >> 1]! / EVERY;
  }

  /** Bytes from the first look to the last. */
  get total(): number {
    return this.#bytes.at(-1)! - this.#bytes[0]!;
  }
}
