import { fstatSync } from 'node:fs';
import { posix } from 'node:path';
import { Header, Pax } from 'tar';
import { InputError } from '../../errors.js';
import { Window } from './window.js';

/** One member of a tar archive. */
export interface TarMember {
  /** Its path within the archive. */
  path: string;
  /** Whether its content lies there as it is (`file`), elsewhere (`link`, `device`), with holes left out (`sparse`), or nowhere. */
  kind: 'file' | 'link' | 'device' | 'sparse' | 'other';
  /** Where its content begins, in bytes from the start of the file. */
  offset: number;
  size: number;
  /** Of a file that was wanted. Valid until the next member. */
  content?: Buffer;
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
  /** Whether a file's content is read as well. @default never */
  isWanted?: (path: string, size: number) => boolean;
}

const BLOCK = 512;
/** Names and extended headers are texts; larger ones are damage. */
const MOST_TEXT = 1 << 20;
/** Where a header of GNU's sparse files, and a block that continues it, say whether another block of the map follows. */
const [GOES_ON, GOES_ON_AGAIN] = [482, 504];

const EXTENSIONS = new Set(['ExtendedHeader', 'OldExtendedHeader', 'GlobalExtendedHeader']);
const LONG_NAMES = new Set(['NextFileHasLongPath', 'OldGnuLongPath']);
const LONG_LINK = 'NextFileHasLongLinkpath';
const KINDS: Readonly<Record<string, TarMember['kind']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Link: 'link',
  SymbolicLink: 'link',
  CharacterDevice: 'device',
  BlockDevice: 'device',
  FIFO: 'device',
  SparseFile: 'sparse',
};

/** What headers of their own say about the member behind them. */
interface Extension {
  path?: string;
  size?: number;
  isSparse?: boolean;
}

/**
 * The members of an archive, front to back: only their headers are read. POSIX (ustar and pax) and GNU; archives that were
 * appended to each other count as one, whatever follows the last is left alone. The blocks that should end an archive may be
 * missing, as other programs have it.
 *
 * @throws InputError that names the file and the byte: no archive, damaged, cut off, a member that would lie outside
 */
export function* membersOf({
  name,
  descriptor,
  start = 0,
  end = fstatSync(descriptor).size,
  isWanted = () => false,
}: TarPart): Generator<TarMember> {
  const window = new Window(descriptor, end);
  const wrong = (at: number, what: string) =>
    new InputError(`${name} cannot be read as a tar archive: ${what}, at byte ${at}. Get it again.`);
  let extension: Extension | undefined;
  let [seen, ended] = [false, false];
  let at = start;
  while (at < end) {
    const header = at + BLOCK > end ? undefined : headerIn(window.read(at, BLOCK));
    if (header?.nullBlock) {
      if (!seen) throw wrong(at, 'it begins with nothing');
      ended = true;
      at += BLOCK;
      continue;
    }
    if (!header && ended) break;
    if (at + BLOCK > end) throw wrong(at, 'it is cut off in a header');
    if (!header) throw wrong(at, seen ? 'a header is damaged' : 'it is none');
    [seen, ended] = [true, false];
    const { type }: { type: string } = header;
    const isExtension = EXTENSIONS.has(type);
    const isLongName = LONG_NAMES.has(type);
    const isOfNext = isExtension || isLongName || type === LONG_LINK;
    const path = (!isOfNext && extension?.path) || (header.path ?? '');
    // An extension is about the next file, never about another extension between them.
    const size = (isOfNext ? undefined : extension?.size) ?? header.size ?? (KINDS[type] === 'file' ? -1 : 0);
    if (!Number.isSafeInteger(size) || size < 0) throw wrong(at, `the size of ${path} is damaged`);
    const offset = type === 'SparseFile' ? afterMap(window, at) : at + BLOCK;
    if (offset + size > end)
      throw wrong(
        at,
        `it is cut off in ${path}: ${size} bytes are due, ${Math.max(0, end - offset)} are left`,
      );
    if ((isExtension || isLongName) && size > MOST_TEXT) throw wrong(at, 'an extended header is too large');
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (isOfNext) {
      if (type === 'GlobalExtendedHeader' || type === LONG_LINK) continue;
      const text = window.read(offset, size).toString('utf8');
      extension = {
        ...extension,
        ...(isLongName ? { path: text.replace(/\0.*$/s, '') } : extensionIn(text)),
      };
      continue;
    }
    const kind = extension?.isSparse ? 'sparse' : (KINDS[type] ?? 'other');
    extension = undefined;
    if (isOutside(path)) {
      throw new InputError(
        `${name} has the member '${path}', which lies outside of the archive. Whoever made it meant harm, or erred: do not use it.`,
      );
    }
    const member: TarMember = { path: posix.normalize(path), kind, offset, size };
    if (kind === 'file' && isWanted(member.path, size)) member.content = window.read(offset, size);
    yield member;
  }
  if (!seen) throw wrong(start, 'it is empty');
  if (extension) throw wrong(end, 'it is cut off behind an extended header');
}

/** Undefined where a block is no header. */
function headerIn(block: Buffer): Header | undefined {
  try {
    const header = new Header(block, 0);
    return header.nullBlock || header.cksumValid ? header : undefined;
  } catch {
    // A number in it is none.
    return undefined;
  }
}

function extensionIn(text: string): Extension {
  const { path, size } = Pax.parse(text);
  const isSparse = text.includes(' GNU.sparse.');
  // The path is then one that GNU's tar made up.
  const real = isSparse ? / GNU\.sparse\.name=(.*)/.exec(text)?.[1] : undefined;
  return {
    ...((real ?? path) !== undefined && { path: real ?? path }),
    ...(size !== undefined && { size }),
    ...(isSparse && { isSparse }),
  };
}

/** Where the content of one of GNU's sparse files begins: behind the blocks that its header is too small for. */
function afterMap(window: Window, at: number): number {
  let behind = at + BLOCK;
  let flag = window.read(at, BLOCK)[GOES_ON];
  while (flag === 1) {
    flag = window.read(behind, BLOCK)[GOES_ON_AGAIN];
    behind += BLOCK;
  }
  return behind;
}

/** An absolute path, or one that climbs out. */
function isOutside(path: string): boolean {
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(path)) return true;
  return path.split(/[/\\]/).includes('..');
}
