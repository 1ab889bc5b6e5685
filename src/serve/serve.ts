import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { InputError, invalid } from '../errors.js';
import type { Model } from '../model/index.js';
import { readPage } from './assets.js';
import { classifier } from './classifier.js';
import { respond } from './listener.js';
import { type Limits, limitsOf, type ServeOptions } from './options.js';
import { errorReply, type Reply } from './reply.js';
import { countResponse, type Serving } from './routes.js';
import { refuseOnSocket, replyToMalformed } from './socket-errors.js';

/** A model that is being served over HTTP. */
export interface Served {
  /** Where, as `http://127.0.0.1:8080`. */
  url: string;
  /** Takes no more connections, answers what it has, and resolves then. The model stays the caller's. */
  close(): Promise<void>;
}

/** Milliseconds for requests that were sent as the server began to close; connections without one are closed then. */
const GRACE = 200;

/**
 * Serves a model over HTTP: a page at `/`, and `POST /predict`, which takes an image and gives its likeliest classes as
 * `predict` does. Images that come at the same time share a batch. The network runs once before this resolves.
 *
 * @param model stays the caller's: dispose of it after `close`
 * @throws InputError for an option that is out of range, and a port or an address that cannot be had
 * @example
 * const { url, close } = await serve(await importBase('digits-model'), { port: 0 });
 */
export async function serve(model: Model, options: ServeOptions = {}): Promise<Served> {
  const limits = limitsOf(options);
  const { name = model.origin, workers, onError = () => {} } = options;
  const serving: Serving = {
    model,
    name,
    limits,
    classifier: classifier(model, { ...limits, workers }),
    page: readPage(),
    counters: { open: 0, predictions: 0, gone: 0, responses: {} },
    started: performance.now(),
    closing: false,
  };
  await serving.classifier.warmUp();
  const connections = new Map<Socket, ServerResponse | undefined>();
  const server = serverOf(serving, { connections, onError });
  await listen(server, limits);
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(server.address() as AddressInfo),
    close() {
      closed ??= close(server, { serving, connections });
      return closed;
    },
  };
}

/** @param connections is kept up to date: each with the answer that it waits for */
function serverOf(
  serving: Serving,
  {
    connections,
    onError,
  }: { connections: Map<Socket, ServerResponse | undefined>; onError: (error: unknown) => void },
): Server {
  const milliseconds = Math.ceil(serving.limits.timeout * 1000);
  const server = createServer({
    headersTimeout: milliseconds,
    // The time of a body is measured where it is read; this is for bodies that nobody reads.
    requestTimeout: 2 * milliseconds,
    connectionsCheckingInterval: Math.min(1000, Math.ceil(milliseconds / 4)),
    // It is asked for where every answer is made.
    requireHostHeader: false,
  });
  const listener = (expectsContinue: boolean) => {
    return async (request: ServerResponse['req'], response: ServerResponse) => {
      const { socket } = request;
      connections.set(socket, response);
      const finish = () => {
        // What is left of a body that was refused is still on its way: it has its answer.
        const isOver = request.complete && response.writableEnded;
        if (isOver && connections.get(socket) === response) connections.set(socket, undefined);
      };
      response.on('close', finish);
      request.on('end', finish).on('close', finish);
      await respond(serving, { request, response }, { expectsContinue, onError }).catch(onError);
    };
  };
  server.on('connection', (socket: Socket) => {
    connections.set(socket, undefined);
    socket.on('close', () => connections.delete(socket));
  });
  server.on('request', listener(false));
  server.on('checkContinue', listener(true));
  const refuse = (socket: Socket, reply: Reply) => {
    countResponse(serving.counters, reply.status);
    refuseOnSocket(socket, reply, connections.get(socket));
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // What is left of a body that was refused has a time of its own.
    const isDrained = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && connections.get(socket)?.headersSent;
    if (!isDrained) refuse(socket, replyToMalformed(error));
  });
  server.on('checkExpectation', ({ socket }: ServerResponse['req']) => {
    refuse(socket, errorReply(417, "Expected '100-continue' for expect. Leave it out."));
  });
  server.on('connect', (_request, socket: Socket) => {
    const message = 'CONNECT is not taken: this is no proxy. Ask it for paths of its own.';
    refuse(socket, errorReply(405, message, { allow: 'GET, HEAD, POST, OPTIONS' }));
  });
  return server;
}

async function listen(server: Server, { host, port }: Pick<Limits, 'host' | 'port'>): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port }, resolve);
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new InputError(
        `Port ${port} of ${host} is in use. Take another with --port, or --port 0 for any that is free.`,
      );
    }
    if (code === 'EACCES') {
      throw new InputError(
        `Port ${port} of ${host} may not be opened by this user. Take one of 1024 or more with --port.`,
      );
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
      throw invalid(
        '--host',
        'an address of this machine, as 127.0.0.1',
        host,
        `The system says: ${message}.`,
      );
    }
    throw error;
  }
}

const urlOf = ({ address, family, port }: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;

async function close(
  server: Server,
  {
    serving,
    connections,
  }: { serving: Serving; connections: ReadonlyMap<Socket, ServerResponse | undefined> },
): Promise<void> {
  serving.closing = true;
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A browser opens connections ahead of what it will ask.
  const timer = setTimeout(() => {
    for (const [socket, response] of connections) if (!response) socket.destroy();
  }, GRACE);
  await closed;
  clearTimeout(timer);
}
