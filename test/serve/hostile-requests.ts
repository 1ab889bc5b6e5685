import { setTimeout as sleep } from 'node:timers/promises';
import { gifOfSize, picture, pngOfSize } from './images.js';
import { message, type PostOptions, post, type Sent } from './raw-client.js';

/** What no friend sends: its name, the status that it gets (undefined: none), and what is sent. */
export type HostileRequest = [name: string, status: number | undefined, sent: Sent];

const HUGE = 100_000_000;
const BOUNDARY = 'xyz';
const FORM = { type: `multipart/form-data; boundary=${BOUNDARY}` };
const CONTINUED = 'transfer-encoding: chunked';

const get = (path: string, ...headers: string[]) => message([`GET ${path} HTTP/1.1`, 'Host: x', ...headers]);
const head = (...headers: string[]) =>
  message(['POST /predict HTTP/1.1', 'Host: x', 'Content-Type: image/png', ...headers]);
const file = (name: string, content: string | Uint8Array) =>
  Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\nContent-Type: image/png\r\n\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
const form = (...parts: (string | Uint8Array)[]) =>
  post(Buffer.concat([...parts.map((part) => Buffer.from(part)), Buffer.from(`--${BOUNDARY}--\r\n`)]), FORM);
const field = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n`;

/** Sends a piece now and then, until the connection ends. */
function dripping(first: string | Uint8Array, piece: string): Sent {
  return (socket) => {
    socket.write(first);
    void (async () => {
      while (!socket.destroyed) {
        await sleep(50);
        socket.write(piece);
      }
    })();
  };
}

/** Sends, and hangs up a little later. */
function hangingUp(sent: string | Uint8Array, after = 30): Sent {
  return (socket) => {
    socket.write(sent);
    setTimeout(() => socket.resetAndDestroy(), after);
  };
}

/** Requests for a server that takes 1 MB, 1,000,000 pixels, and one second. */
export async function hostileRequests(): Promise<HostileRequest[]> {
  const png = await picture(1).png().toBuffer();
  const jpeg = await picture(1, { width: 400, height: 300 }).jpeg().toBuffer();
  const large = await picture(1, { width: 1001, height: 1000 }).png().toBuffer();
  const damaged = Buffer.from(png);
  damaged.fill(0x55, 60, 90);
  const asked = (query: string, options: PostOptions = {}) =>
    post(png, { path: `/predict?${query}`, ...options });
  return [
    // What is no image.
    ['text named png', 415, form(file('cat.png', 'I am no cat'))],
    ['text as image/png', 415, post('I am no cat', { type: 'image/png' })],
    ['a program for drawing', 415, post('<svg xmlns="x"/>', { type: 'image/svg+xml' })],
    ['JSON', 415, post('{}', { type: 'application/json' })],
    ['a compressed body', 415, post(png, { headers: ['Content-Encoding: gzip'] })],
    ['zero bytes', 400, post('')],
    ['a file of zero bytes', 400, form(file('cat.png', ''))],
    ['the first bytes of a PNG', 400, post(png.subarray(0, 20))],
    ['a truncated JPEG', 400, post(jpeg.subarray(0, jpeg.length >> 1))],
    ['a truncated PNG', 400, post(png.subarray(0, png.length - 40))],
    ['a damaged PNG', 400, post(damaged)],
    // What is too much.
    ['a PNG that becomes 2.7 GB', 422, post(pngOfSize(30_000, 30_000))],
    ['a PNG of 4 billion by 4 billion pixels', 400, post(pngOfSize(0xffff_ffff, 0xffff_ffff))],
    ['a GIF that becomes 12.9 GB', 422, post(gifOfSize(65_535, 65_535))],
    ['a pixel column too many', 422, post(large)],
    [
      '100 MB with their length',
      413,
      message(head(`Content-Length: ${HUGE}`).toString().split('\r\n').slice(0, -2)),
    ],
    [
      '100 MB that are really sent',
      413,
      (socket) => socket.write(Buffer.concat([head(`Content-Length: ${HUGE}`), Buffer.alloc(HUGE)])),
    ],
    [
      '100 MB in one chunk',
      413,
      (socket) =>
        socket.write(Buffer.concat([head(CONTINUED), Buffer.from('5f5e100\r\n'), Buffer.alloc(HUGE)])),
    ],
    ['100 MB that ask first', 413, head(`Content-Length: ${HUGE}`, 'Expect: 100-continue')],
    ['another expectation', 417, head('Content-Length: 1', 'Expect: a-miracle')],
    ['an address of 3 kB', 414, get(`/${'a'.repeat(3000)}`)],
    ['an address of 100 kB', 414, get(`/${'a'.repeat(100_000)}`)],
    ['a header of 100 kB', 431, get('/', `Cookie: ${'a'.repeat(100_000)}`)],
    ['ten thousand headers', 431, get('/', ...Array.from({ length: 10_000 }, (_, i) => `X-${i}: y`))],
    [
      'an extension of a chunk of 100 kB',
      413,
      message([head(CONTINUED).toString().trim()], `1;${'a'.repeat(100_000)}\r\n`),
    ],
    // What takes too long.
    ['a slow body', 408, dripping(head('Content-Length: 100000'), 'x')],
    ['a slow body in chunks', 408, dripping(head(CONTINUED), '1\r\nx\r\n')],
    [
      'a slow form',
      408,
      dripping(
        message(['POST /predict HTTP/1.1', 'Host: x', `Content-Type: ${FORM.type}`, CONTINUED]),
        '1\r\n-\r\n',
      ),
    ],
    ['a body that stops', 408, head('Content-Length: 100000')],
    ['slow headers', 408, dripping('GET / HTTP/1.1\r\n', 'X-A: b\r\n')],
    ['headers that stop', 408, 'GET / HTTP/1.1\r\nHost: x\r\nX-A'],
    ['a connection that says nothing', 408, () => {}],
    // Forms.
    ['a form without a file', 400, form(field)],
    ['a form without parts', 400, form()],
    ['a form with two files', 400, form(file('a.png', png), file('b.png', png))],
    ['a form without a boundary', 400, post(png, { type: 'multipart/form-data' })],
    ['a form with another boundary', 400, post(png, FORM)],
    ['a form that is cut off', 400, post(file('a.png', png), FORM)],
    ['a form that is cut off in a header', 400, post(`--${BOUNDARY}\r\nContent-Dis`, FORM)],
    ['a form of ten thousand parts', 400, form(field.repeat(10_000))],
    [
      'a part with ten thousand headers',
      400,
      form(`--${BOUNDARY}\r\n${'X-A: b\r\n'.repeat(10_000)}\r\n\r\n`),
    ],
    // Paths, methods and queries.
    ['a path above', 404, get('/../../../../etc/passwd')],
    ['a path above, encoded', 404, get('/%2e%2e/%2e%2e/etc/passwd')],
    ['a path of backslashes', 404, get('/..\\..\\package.json')],
    ['a path with a null', 404, get('/predict%00.png')],
    ['two slashes', 404, get('//health')],
    ['a file of the source', 404, get('/index.html')],
    ['a property of every object', 404, get('/__proto__')],
    ['a name without its slash', 400, get('constructor')],
    ['GET of what takes POST', 405, get('/predict')],
    ['DELETE', 405, message(['DELETE /model HTTP/1.1', 'Host: x'])],
    ['TRACE', 405, message(['TRACE / HTTP/1.1', 'Host: x'])],
    ['CONNECT', 405, message(['CONNECT example.com:443 HTTP/1.1', 'Host: x'])],
    ['a WebSocket', 405, get('/predict', 'Upgrade: websocket', 'Connection: Upgrade')],
    ['POST without a length', 411, message(['POST /predict HTTP/1.1', 'Host: x'])],
    ['an unknown parameter', 400, asked('tpo=3')],
    ['top of nothing', 400, asked('top=0')],
    ['top of infinity', 400, asked('top=1e999')],
    ['top twice', 400, asked('top=1&top=2')],
    ['perhaps logits', 400, asked('logits=perhaps')],
    // What is no HTTP.
    ['no HTTP at all', 400, 'hello\r\n\r\n'],
    ['an unknown method', 400, message(['STEAL / HTTP/1.1', 'Host: x'])],
    ['HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', 400, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    ['no host', 400, message(['GET / HTTP/1.1'])],
    ['a header without a colon', 400, get('/', 'a header')],
    ['a space before the colon', 400, get('/', 'Content-Length : 3')],
    ['a null in a header', 400, get('/', 'X-A: b\0c')],
    ['a line feed in a header', 400, get('/', 'X-A: b\nc: d\r\r')],
    ['a negative length', 400, head('Content-Length: -1')],
    ['a length that is none', 400, head('Content-Length: ten')],
    ['a length beyond all', 400, head(`Content-Length: ${'9'.repeat(40)}`)],
    ['two lengths', 400, head('Content-Length: 3', 'Content-Length: 4')],
    ['a length and chunks', 400, head('Content-Length: 3', CONTINUED)],
    ['an encoding that is none', 400, head('Transfer-Encoding: cow')],
    ['a chunk of no size', 400, message([head(CONTINUED).toString().trim()], 'zz\r\nabc\r\n')],
    ['a chunk longer than it says', 400, message([head(CONTINUED).toString().trim()], '3\r\nabcdef\r\n')],
    ['a chunk of a negative size', 400, message([head(CONTINUED).toString().trim()], '-5\r\nabc\r\n')],
    // Clients that hang up.
    ['hangs up at once', undefined, (socket) => socket.resetAndDestroy()],
    ['hangs up in the headers', undefined, hangingUp('POST /predict HTTP/1.1\r\nHost: x\r\nContent-')],
    ['hangs up before the body', undefined, hangingUp(head('Content-Length: 50000'))],
    ['hangs up in the body', undefined, hangingUp(Buffer.concat([head('Content-Length: 50000'), png]))],
    ['hangs up in a chunk', undefined, hangingUp(Buffer.concat([head(CONTINUED), Buffer.from('ff\r\nab')]))],
    ['hangs up in a form', undefined, hangingUp(post(file('a.png', png), FORM).subarray(0, -50))],
    ['hangs up when all is sent', undefined, hangingUp(post(jpeg), 0)],
    [
      'closes its side in the middle',
      400,
      (socket) => socket.end(Buffer.concat([head('Content-Length: 50000'), png])),
    ],
  ];
}
