import { fstatSync, readSync } from 'node:fs';
import { Header, Pax } from 'tar';
import { InputError } from '../../errors.js';

/** One member of a tar archive. */
export interface TarMember {
  /** Its path within the archive. */
  path: string;
  kind: 'file' | 'link' | 'other';
  /** Where its content begins, in bytes from the start of the file. */
  offset: number;
  size: number;
}

/** The part of a file that is an archive. */
export interface TarPart {
  /** Of the file, for messages. */
  name: string;
  descriptor: number;
  /** @default 0 */
  start?: number;
  /** @default the end of the file */
  end?: number;
}

const BLOCK = 512;
/** Bytes that are read at once where members are small: they come with their neighbours' headers. */
const READ = 2 ** 16;
/** Members up to this size are small. */
const SMALL = 4096;
/** Names and extended headers are texts; larger ones are damage. */
const MOST_TEXT = 1 << 20;

const FILES = new Set(['File', 'OldFile', 'ContiguousFile']);
const LINKS = new Set(['Link', 'SymbolicLink']);

/**
 * The members of an archive, front to back: only their headers are read. POSIX (ustar and pax) and GNU.
 *
 * @throws InputError that names the file and the byte: no archive, damaged, cut off, a member that would lie outside
 */
export function* membersOf({
  name,
  descriptor,
  start = 0,
  end = fstatSync(descriptor).size,
}: TarPart): Generator<TarMember> {
  const window = new Window(descriptor, end);
  const wrong = (at: number, what: string) =>
    new InputError(`${name} cannot be read as a tar archive: ${what}, at byte ${at}. Get it again.`);
  let extended: { path?: string; size?: number } = {};
  let seen = false;
  let size = 0;
  for (let at = start; at < end; ) {
    if (at + BLOCK > end) throw wrong(at, 'it is cut off in a header');
    const header = new Header(window.read(at, BLOCK, size <= SMALL ? READ : BLOCK), 0);
    if (header.nullBlock) {
      // Two of them end an archive; what pads its last record follows.
      if (seen || at > start) return;
      throw wrong(at, 'it begins with nothing');
    }
    if (!header.cksumValid) throw wrong(at, seen ? 'a header is damaged' : 'it is none');
    seen = true;
    const offset = at + BLOCK;
    size = extended.size ?? header.size ?? 0;
    if (offset + size > end) {
      throw wrong(at, `it is cut off in ${header.path}: ${size} bytes are due, ${end - offset} are left`);
    }
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    const type: string = header.type;
    if (type === 'ExtendedHeader' || type === 'GlobalExtendedHeader') {
      if (size > MOST_TEXT) throw wrong(offset, 'an extended header is too large');
      const { path, size: real } = Pax.parse(window.read(offset, size).toString('utf8'));
      if (type === 'ExtendedHeader')
        extended = { ...(path && { path }), ...(real !== undefined && { size: real }) };
      continue;
    }
    if (type === 'NextFileHasLongPath' || type === 'OldGnuLongPath') {
      if (size > MOST_TEXT) throw wrong(offset, 'a name is too long');
      extended.path = window.read(offset, size).toString('utf8').replace(/\0.*$/s, '');
      continue;
    }
    const path = extended.path ?? header.path ?? '';
    extended = {};
    if (isOutside(path)) {
      throw new InputError(
        `${name} has the member '${path}', which lies outside of the archive. Whoever made it meant harm, or erred: do not use it.`,
      );
    }
    yield {
      path: path.replace(/^(\.\/)+/, ''),
      kind: FILES.has(type) ? 'file' : LINKS.has(type) ? 'link' : 'other',
      offset,
      size,
    };
  }
  if (!seen) throw wrong(start, 'it is empty');
}

/** An absolute path, or one that climbs out. */
function isOutside(path: string): boolean {
  if (/^([/\\]|[A-Za-z]:)/.test(path)) return true;
  return path.split(/[/\\]/).includes('..');
}

/** Reads a file in pieces larger than what is asked for. */
class Window {
  #bytes = Buffer.alloc(0);
  #start = 0;

  constructor(
    private readonly descriptor: number,
    private readonly end: number,
  ) {}

  /** @param most bytes that may be read where these are not there yet */
  read(at: number, length: number, most = length): Buffer {
    if (at < this.#start || at + length > this.#start + this.#bytes.length) {
      const wanted = Math.min(Math.max(length, most), this.end - at);
      const bytes = Buffer.allocUnsafe(wanted);
      let done = 0;
      while (done < wanted) {
        const received = readSync(this.descriptor, bytes, done, wanted - done, at + done);
        if (received === 0) break;
        done += received;
      }
      this.#bytes = bytes.subarray(0, done);
      this.#start = at;
    }
    return this.#bytes.subarray(at - this.#start, at - this.#start + length);
  }
}
