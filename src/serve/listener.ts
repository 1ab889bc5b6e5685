import type { IncomingMessage, ServerResponse } from 'node:http';
import { corsHeaders } from './cors.js';
import { ClientGone, Refusal } from './refusal.js';
import { errorReply, type Reply, send } from './reply.js';
import { countResponse, ROUTES, type Route, routeOf, type Serving } from './routes.js';
import { MOST_URL, urlTooLong } from './socket-errors.js';

/** Milliseconds that what is left of a refused body is still read, so that its sender gets to read the answer. */
const LINGER = 5000;

export interface ListenerOptions {
  /** The client waits to be told to send the body. */
  expectsContinue?: boolean;
  /** Is told what failed in the server itself. */
  onError: (error: unknown) => void;
}

/** Answers one request. Nothing that a client sends makes it throw. */
export async function respond(
  serving: Serving,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  { expectsContinue = false, onError }: ListenerOptions,
): Promise<void> {
  const { counters, limits } = serving;
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new ClientGone('The client went away.'));
  });
  // What happens to its connection is told to those that wait for the body.
  request.on('error', () => {});
  response.on('error', () => {});
  let awaitsInvitation = expectsContinue;
  const invite = () => {
    if (awaitsInvitation) response.writeContinue();
    awaitsInvitation = false;
  };
  let reply: Reply;
  try {
    reply = await answer(serving, { request, signal: gone.signal, invite });
  } catch (error) {
    if (error instanceof ClientGone || gone.signal.aborted) {
      counters.gone++;
      return;
    }
    if (!(error instanceof Refusal)) onError(error);
    reply =
      error instanceof Refusal
        ? errorReply(error.status, error.message, error.headers)
        : errorReply(500, 'The server failed. Its log says why.');
  }
  countResponse(counters, reply.status);
  const isPreflight = request.method === 'OPTIONS';
  const ends = serving.closing || awaitsInvitation;
  send(response, reply, {
    ...corsHeaders(request.headers.origin, limits.allowOrigins, { isPreflight }),
    ...(ends && { connection: 'close' }),
  });
  if (!request.complete) drain(request);
}

/**
 * Reads on, to nowhere: a connection that is closed on a client that still sends takes the answer away from it, too.
 */
function drain(request: IncomingMessage): void {
  const timer = setTimeout(() => request.socket.destroy(), LINGER);
  request.on('close', () => clearTimeout(timer)).on('end', () => clearTimeout(timer));
  request.resume();
}

async function answer(
  serving: Serving,
  { request, ...rest }: { request: IncomingMessage; signal: AbortSignal; invite: () => void },
): Promise<Reply> {
  const { method, url = '/' } = request;
  if (request.headers.host === undefined && request.httpVersion === '1.1')
    throw new Refusal(400, 'The header host is missing. HTTP/1.1 asks for it.');
  if (url.length > MOST_URL) return urlTooLong();
  if (method === 'OPTIONS' && url === '*') return allowed('GET, HEAD, POST, OPTIONS');
  const { path, query } = targetOf(url);
  const route = routeOf(path, serving);
  if (!route) {
    const known = ['/', ...Object.keys(ROUTES)].join(', ');
    throw new Refusal(404, `There is nothing at this path. There is something at ${known}.`);
  }
  const allow = allowOf(route);
  if (method === 'OPTIONS') return allowed(allow);
  if (method !== route.method && !(method === 'HEAD' && route.method === 'GET'))
    throw new Refusal(405, `${method} is not taken here. Taken are ${allow}.`, { allow });
  return route.answer(serving, { request, query, ...rest });
}

const allowOf = ({ method }: Route): string => (method === 'GET' ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS');

const allowed = (allow: string): Reply => ({ status: 204, headers: { allow }, body: '' });

/** Path and query as they were sent: nothing is decoded or resolved, so that a path has one spelling. */
function targetOf(url: string): { path: string; query: string } {
  // A proxy may send the whole address.
  const target = url.replace(/^https?:\/\/[^/?]*/i, '');
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}
