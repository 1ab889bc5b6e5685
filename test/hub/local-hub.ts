import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** A commit of the local hub: what main and v1 are. */
export const COMMIT = '0123456789abcdef0123456789abcdef01234567';
/** The commit of a data set's revision refs/convert/parquet. */
export const CONVERTED = 'fedcba9876543210fedcba9876543210fedcba98';

/** How the local hub answers; what is left out is as the real one does. */
export interface HubBehaviour {
  /** What kind of repository it is. @default 'model' */
  type?: 'model' | 'dataset';
  /** Files by path: large ones (over 1 kB) are kept apart under their SHA-256, as on the real hub. */
  files: Record<string, Uint8Array>;
  /** Files of the revision refs/convert/parquet, which the hub makes of a data set. @default there is no such revision */
  converted?: Record<string, Uint8Array>;
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

  /** The files of a revision or commit, and which commit it is; undefined where there is none. */
  function revisionOf(name: string): { commit: string; files: Record<string, Uint8Array> } | undefined {
    const { files, converted } = hub.behaviour;
    if ([CONVERTED, 'refs/convert/parquet'].includes(name))
      return converted && { commit: CONVERTED, files: converted };
    return /^(main|v1|[0-9a-f]{40})$/.test(name) ? { commit: COMMIT, files } : undefined;
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    note(request);
    const { type = 'model', status, token } = hub.behaviour;
    const [address, query] = (request.url as string).split('?') as [string, string?];
    const path = decodeURIComponent(address);
    const prefix = type === 'model' ? '' : 'datasets/';
    const api = new RegExp(`^/api/${type}s/owner/name/(revision|paths-info|tree)/(.+)$`).exec(path);
    const resolve = new RegExp(`^/${prefix}owner/name/resolve/([0-9a-f]{40})/(.+)$`).exec(path);
    const found = revisionOf(api?.[2] ?? resolve?.[1] ?? '');
    if (status !== undefined) {
      json(response, status, { error: 'told to' });
    } else if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      json(response, 401, { error: 'Invalid username or password.' });
    } else if (!found) {
      json(response, 404, { error: 'Repository or revision not found' });
    } else if (api?.[1] === 'revision') {
      const siblings = Object.keys(found.files).map((rfilename) => ({ rfilename }));
      const own = type === 'model' ? { siblings } : {};
      json(response, 200, { _id: '1', id: 'owner/name', sha: found.commit, ...own });
    } else if (api?.[1] === 'tree') {
      listTree(response, found.files, { address, query: new URLSearchParams(query) });
    } else if (api?.[1] === 'paths-info') {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const wanted = (JSON.parse(body) as { paths: string[] }).paths;
        const { files } = found;
        json(
          response,
          200,
          wanted.filter((name) => files[name]).map((name) => describe(name, files[name]!)),
        );
      });
    } else {
      sendFile(request, response, resolve?.[2] ?? '', found);
    }
  }

  /** Files by twos, as the real hub gives them by thousands. */
  function listTree(
    response: ServerResponse,
    files: Record<string, Uint8Array>,
    { address, query }: { address: string; query: URLSearchParams },
  ): void {
    const cursor = Number(query.get('cursor') ?? 0);
    const names = Object.keys(files);
    if (cursor + 2 < names.length) {
      query.set('cursor', String(cursor + 2));
      response.setHeader('link', `<${hub.url}${address}?${query}>; rel="next"`);
    }
    const folder = { type: 'directory', path: 'a-folder', size: 0 };
    const page = names.slice(cursor, cursor + 2).map((name) => describe(name, files[name]!));
    json(response, 200, [folder, ...page]);
  }

  function sendFile(
    request: IncomingMessage,
    response: ServerResponse,
    file: string,
    { commit, files }: { commit: string; files: Record<string, Uint8Array> },
  ): void {
    const bytes = files[file];
    if (!bytes) {
      json(response, 404, { error: 'Entry not found' });
    } else if (isLarge(bytes)) {
      response.writeHead(302, {
        location: `http://127.0.0.1:${port(cdn)}/${encodeURIComponent(file)}?commit=${commit}`,
        'x-repo-commit': commit,
        'x-linked-size': String(bytes.length),
        'x-linked-etag': `"${sha256(bytes)}"`,
      });
      response.end();
    } else {
      send(request, response, bytes);
    }
  }

  function answerDownload(request: IncomingMessage, response: ServerResponse): void {
    note(request);
    const { pathname, searchParams } = new URL(request.url as string, hub.url);
    const { files } = revisionOf(searchParams.get('commit') as string)!;
    send(request, response, files[decodeURIComponent(pathname.slice(1))]!);
  }

  function describe(path: string, bytes: Uint8Array): object {
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
