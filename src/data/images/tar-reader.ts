import { closeSync, fstatSync, openSync, read, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { TarIndex } from '../tar/index.js';

const readAt = promisify(read);

/** Archives that are open at once. */
const MOST_OPEN = 64;
/** Milliseconds without a read after which all are closed. */
const IDLE = 5000;

const stampIn = ({ size, mtimeMs }: Stats): string => `${size} ${mtimeMs}`;

/** Reads archives at any place: each is opened when it is wanted, few are open at once, and none for long without a read. */
export class TarReader {
  readonly #stamps: string[];
  readonly #open = new Map<number, { descriptor: number; uses: number }>();
  #idle: NodeJS.Timeout | undefined;

  constructor(private readonly archives: readonly Pick<TarIndex, 'path' | 'file'>[]) {
    this.#stamps = archives.map(({ file }) => stampIn(statSync(file)));
  }

  /** Changes when an archive does. */
  stampOf(archive: number): string {
    return `${resolve(this.archives[archive]!.file)} ${this.#stamps[archive]}`;
  }

  /**
   * @returns `length` bytes; fewer where the archive ends
   * @throws Error where it cannot be read, or was changed since the reader was made
   */
  async read(archive: number, start: number, length: number): Promise<Buffer> {
    const file = this.#opened(archive);
    file.uses++;
    try {
      const bytes = Buffer.allocUnsafeSlow(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await readAt(file.descriptor, bytes, done, length - done, start + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    } finally {
      file.uses--;
      this.#close(MOST_OPEN);
      this.#closeLater();
    }
  }

  #opened(archive: number): { descriptor: number; uses: number } {
    const known = this.#open.get(archive);
    // The last one used goes to the end of the line.
    this.#open.delete(archive);
    const file = known ?? { descriptor: this.#descriptorOf(archive), uses: 0 };
    this.#open.set(archive, file);
    return file;
  }

  #descriptorOf(archive: number): number {
    const descriptor = openSync(this.archives[archive]!.file, 'r');
    if (stampIn(fstatSync(descriptor)) === this.#stamps[archive]) return descriptor;
    closeSync(descriptor);
    throw new Error('the archive was changed since its files were listed. Start again');
  }

  /** Closes those that were used longest ago until `most` are left. */
  #close(most: number): void {
    for (const [archive, { descriptor, uses }] of this.#open) {
      if (this.#open.size <= most) return;
      if (uses > 0) continue;
      closeSync(descriptor);
      this.#open.delete(archive);
    }
  }

  #closeLater(): void {
    if (this.#idle) {
      this.#idle.refresh();
      return;
    }
    this.#idle = setTimeout(() => {
      this.#idle = undefined;
      this.#close(0);
    }, IDLE);
    // An open archive is no reason for a process to go on.
    this.#idle.unref();
  }
}
