import { Header } from 'tar';

/** A header block: type by its letter, `size` as given even where no number says it. */
export function header(path: string, size: number, letter = '0'): Buffer {
  const made = new Header({ path, size, mode: 0o644, type: 'File' });
  made.encode();
  return patched(made.block!, (block) => block.write(letter, 156));
}

/** A block that was changed, with its checksum made right again. */
export function patched(block: Buffer, change: (block: Buffer) => void): Buffer {
  change(block);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A member: its header, then its content in whole blocks. */
export function member(path: string, content: string | Uint8Array, letter = '0'): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([
    header(path, bytes.length, letter),
    bytes,
    Buffer.alloc((512 - (bytes.length % 512)) % 512),
  ]);
}

/** A record of pax: its length, which counts itself, then what it says. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (`${length}`.length + Buffer.byteLength(rest) !== length)
    length = `${length}`.length + Buffer.byteLength(rest);
  return `${length}${rest}`;
}

/** What ends an archive. */
export const END = Buffer.alloc(1024);
