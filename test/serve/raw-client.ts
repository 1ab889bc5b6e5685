import { connect, type Socket } from 'node:net';

/** An answer as it came over the connection. */
export interface Answer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** How long a test waits for an answer. */
const PATIENCE = 60_000;

/** What is sent: bytes at once, or whatever a function does with the connection. */
export type Sent = string | Uint8Array | ((socket: Socket) => void);

/**
 * Opens a connection, sends, and gives the last answer that comes back; undefined where the connection ends without one.
 * Nothing is checked or completed, so that anything can be sent.
 */
export function exchange(port: number, sent: Sent): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`No answer, but: ${received.toString('latin1').slice(0, 500)}`));
    }, PATIENCE);
    const settle = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answerIn(received));
    };
    socket.on('connect', () => {
      if (typeof sent === 'function') sent(socket);
      else socket.write(sent);
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (answerIn(received)) settle();
    });
    // A server that answers and closes may reset what is still being sent.
    socket.on('error', () => {});
    socket.on('close', settle);
  });
}

function answerIn(received: Buffer): Answer | undefined {
  let text = received.toString('latin1');
  text = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first, ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
  const body = text.slice(end + 4);
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined;
  return { status: Number(first!.split(' ')[1]), headers, body };
}

/** A request as text: its lines, an empty one, and a body. */
export function message(lines: readonly string[], body: string | Uint8Array = ''): Buffer {
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

/** `POST /predict` of a body, with its length. */
export function post(
  body: string | Uint8Array,
  { type = 'application/octet-stream', path = '/predict', headers = [] }: PostOptions = {},
): Buffer {
  const length = Buffer.byteLength(body);
  const own = [
    `POST ${path} HTTP/1.1`,
    'Host: x',
    `Content-Type: ${type}`,
    `Content-Length: ${length}`,
    ...headers,
  ];
  return message(own, body);
}

export interface PostOptions {
  type?: string;
  path?: string;
  headers?: readonly string[];
}
