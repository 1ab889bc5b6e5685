import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** A commit of the local hub. */
export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** How the local hub answers; what is left out is as the real one does. */
export interface HubBehaviour {
  /** Files by path: large ones (over 1 kB) are kept apart under their SHA-256, as on the real hub. */
  files: Record<string, Uint8Array>;
  /** Bytes after which the connection of a download is cut, one for each download in turn. */
  cuts?: number[];
  /** Sends other bytes of the same length. */
  corrupt?: boolean;
  /** Answers every request with this status. */
  status?: number;
  /** Only for who brings this token; others get 401. */
  token?: string;
}

/** A request that was received. */
export interface HubRequest {
  method: string;
  path: string;
  range?: string;
  authorization?: string;
}

const hash = (algorithm: string, ...parts: (string | Uint8Array)[]): string => {
  const sum = createHash(algorithm);
  for (const part of parts) sum.update(part);
  return sum.digest('hex');
};

/** What git names a content. */
export const gitBlob = (bytes: Uint8Array): string => hash('sha1', `blob ${bytes.length}\0`, bytes);

/** SHA-256 of a content. */
export const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes);

/**
 * A server that speaks the part of the hub's API that is needed, for the repository `owner/name`: what a revision is, sizes
 * and checksums of paths, and files, where large ones redirect to another origin.
 */
export async function startHub(): Promise<{
  url: string;
  requests: HubRequest[];
  behaviour: HubBehaviour;
  close(): void;
}> {
  const hub = { url: '', requests: [] as HubRequest[], behaviour: { files: {} } as HubBehaviour, close };
  const server = createServer((request, response) => answer(request, response));
  const cdn = createServer((request, response) => answerDownload(request, response));
  await Promise.all([server, cdn].map((s) => new Promise<void>((go) => s.listen(0, '127.0.0.1', go))));
  const port = (s: typeof server): number => (s.address() as AddressInfo).port;
  hub.url = `http://127.0.0.1:${port(server)}`;
  afterAll(close);
  return hub;

  function close(): void {
    for (const s of [server, cdn]) {
      s.closeAllConnections();
      s.close();
    }
  }

  function note({ method, url, headers }: IncomingMessage): void {
    const { range, authorization } = headers;
    hub.requests.push({
      method: method as string,
      path: (url as string).split('?')[0] as string,
      ...(range && { range }),
      ...(authorization && { authorization }),
    });
  }

  function json(response: ServerResponse, status: number, value: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    note(request);
    const { files, status, token } = hub.behaviour;
    const path = decodeURIComponent((request.url as string).split('?')[0] as string);
    const file = new RegExp(`^/owner/name/resolve/${COMMIT}/(.+)$`).exec(path)?.[1] ?? '';
    if (status !== undefined) {
      json(response, status, { error: 'told to' });
    } else if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      json(response, 401, { error: 'Invalid username or password.' });
    } else if (/^\/api\/models\/owner\/name\/revision\/(main|v1|[0-9a-f]{40})$/.test(path)) {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      json(response, 200, { _id: '1', id: 'owner/name', sha: COMMIT, siblings });
    } else if (path === `/api/models/owner/name/paths-info/${COMMIT}`) {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const wanted = (JSON.parse(body) as { paths: string[] }).paths;
        json(response, 200, wanted.filter((name) => files[name]).map(describe));
      });
    } else if (!files[file]) {
      json(response, 404, { error: 'Repository not found' });
    } else if (isLarge(files[file])) {
      response.writeHead(302, {
        location: `http://127.0.0.1:${port(cdn)}/${encodeURIComponent(file)}?signature=1`,
        'x-repo-commit': COMMIT,
        'x-linked-size': String(files[file].length),
        'x-linked-etag': `"${sha256(files[file])}"`,
      });
      response.end();
    } else {
      send(request, response, files[file]);
    }
  }

  function answerDownload(request: IncomingMessage, response: ServerResponse): void {
    note(request);
    const file = decodeURIComponent((request.url as string).slice(1).split('?')[0] as string);
    send(request, response, hub.behaviour.files[file] as Uint8Array);
  }

  function describe(path: string): object {
    const bytes = hub.behaviour.files[path] as Uint8Array;
    const common = { type: 'file', path, size: bytes.length, oid: gitBlob(bytes) };
    return isLarge(bytes)
      ? { ...common, lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } }
      : common;
  }

  function send(request: IncomingMessage, response: ServerResponse, whole: Uint8Array): void {
    const { corrupt, cuts } = hub.behaviour;
    const bytes = corrupt ? whole.map((byte) => byte ^ 1) : whole;
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(request.headers.range ? 206 : 200, {
      'content-length': String(bytes.length - from),
      ...(request.headers.range && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    const cut = cuts?.shift();
    if (cut === undefined) response.end(bytes.subarray(from));
    else response.write(bytes.subarray(from, cut), () => setTimeout(() => response.destroy(), 20));
  }
}

const isLarge = (bytes: Uint8Array): boolean => bytes.length > 1000;
