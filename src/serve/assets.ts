import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import type { Reply } from './reply.js';

const FOLDER = join(packageRoot, 'src', 'serve', 'page');

/** The page needs its own files and its own server, and shows pictures that its user picked; it is in no other page's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The files of the page, by their path on the server. */
const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/style.css': ['style.css', 'text/css; charset=utf-8'],
  '/script.js': ['script.js', 'text/javascript; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
} as const;

/** The page, as answers by their path. */
export function readPage(): ReadonlyMap<string, Reply> {
  return new Map(
    Object.entries(FILES).map(([path, [file, type]]) => [
      path,
      {
        status: 200,
        headers: { 'content-type': type, 'cache-control': 'no-cache', 'content-security-policy': POLICY },
        body: readFileSync(join(FOLDER, file)),
      },
    ]),
  );
}
