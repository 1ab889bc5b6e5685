import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sam-finetune-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A local HTTP server that answers as told and counts what it was asked; closed when the test ends. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, nth: number) => void,
): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ranges };
}

/** Writes a file, with the folders above it. */
export function write(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Bytes that this process has read so far, or how often it did (`syscr`); undefined where the system does not tell. */
export function bytesRead(what: 'rchar' | 'syscr' = 'rchar'): number | undefined {
  try {
    return Number(new RegExp(`${what}: (\\d+)`).exec(readFileSync('/proc/self/io', 'utf8'))![1]);
  } catch {
    return undefined;
  }
}

/** Writes an image of one colour, in the format of the file's name. */
export async function writeColour(path: string, [r, g, b]: readonly number[], side = 16): Promise<string> {
  mkdirSync(dirname(path), { recursive: true });
  await sharp({ create: { width: side, height: side, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer()
    .then((png) => sharp(png).toFile(path));
  return path;
}

/** A CIFAR record: label bytes, then planes that differ from each other and from place to place, plus `shift`. */
export function cifarRecord(labels: readonly number[], shift = 0): Uint8Array {
  const planes = Array.from(
    { length: 3072 },
    (_, i) => (100 * Math.floor(i / 1024) + (i % 50) + shift) % 256,
  );
  return Uint8Array.from([...labels, ...planes]);
}
