import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';

/** An answer, before it is sent. */
export interface Reply {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
}

/** What every answer has: nothing of it is kept, taken for something else, or put into another site's page. */
const ALWAYS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
};

/** A JSON document as an answer. */
export function jsonReply(
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: `${JSON.stringify(document)}\n`,
  };
}

/** An error as an answer: `{ "status", "error" }`. */
export const errorReply = (
  status: number,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Reply => jsonReply(status, { status, error: message }, headers);

/** Headers of an answer as they go out. */
export function headersOf({ status, headers, body }: Reply): Record<string, string> {
  const length: Record<string, string> =
    status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return { ...ALWAYS, ...headers, ...length };
}

/** Sends an answer; of one to HEAD, Node leaves out the body. */
export function send(response: ServerResponse, reply: Reply, extra: OutgoingHttpHeaders = {}): void {
  response.writeHead(reply.status, { ...headersOf(reply), ...extra });
  response.end(reply.body);
}

/** An answer as the bytes of its connection's last message, where there is no request that Node could answer. */
export function rawReply(reply: Reply): string {
  const headers = Object.entries({
    ...headersOf(reply),
    connection: 'close',
    date: new Date().toUTCString(),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status]}\r\n${headers.join('')}\r\n${reply.body}`;
}
