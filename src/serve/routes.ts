import type { IncomingMessage } from 'node:http';
import { predictionOf } from '../evaluate/index.js';
import type { Model } from '../model/index.js';
import { receive, sinkFor } from './body.js';
import type { Classifier } from './classifier.js';
import type { Limits } from './options.js';
import { wantedOf } from './query.js';
import { Refusal } from './refusal.js';
import { jsonReply, type Reply } from './reply.js';

/** A model that is being served. */
export interface Serving {
  readonly model: Model;
  readonly name: string;
  readonly limits: Limits;
  readonly classifier: Classifier;
  readonly page: ReadonlyMap<string, Reply>;
  readonly counters: Counters;
  /** When it began, on the clock of `performance.now`. */
  readonly started: number;
  /** Whether it is about to end. */
  closing: boolean;
}

/** What happened so far. */
export interface Counters {
  /** Predictions that are being received, decoded, waiting or running. */
  open: number;
  /** Images that were classified. */
  predictions: number;
  /** Clients that went away before their answer. */
  gone: number;
  /** Answers by their status. */
  responses: Record<number, number>;
}

/** Counts an answer. */
export function countResponse({ responses }: Counters, status: number): void {
  responses[status] = (responses[status] ?? 0) + 1;
}

/** One request. */
export interface Exchange {
  request: IncomingMessage;
  /** What follows the `?`. */
  query: string;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
  /** Tells a client that waits for it to send the body. */
  invite(): void;
}

/** What is under a path. */
export interface Route {
  /** The method besides OPTIONS, and HEAD where it is GET. */
  method: 'GET' | 'POST';
  answer(serving: Serving, exchange: Exchange): Reply | Promise<Reply>;
}

/** Seconds after which a client that was sent away may come again. */
const RETRY_AFTER = '1';

/** The route of a path. */
export function routeOf(path: string, { page }: Pick<Serving, 'page'>): Route | undefined {
  if (Object.hasOwn(ROUTES, path)) return ROUTES[path];
  const file = page.get(path);
  return file && { method: 'GET', answer: () => file };
}

/** Every path besides the page's. */
export const ROUTES: Readonly<Record<string, Route>> = {
  '/predict': { method: 'POST', answer: predict },
  '/health': { method: 'GET', answer: health },
  '/model': { method: 'GET', answer: describe },
};

async function predict(
  { model, limits, classifier, counters, closing }: Serving,
  { request, query, signal, invite }: Exchange,
): Promise<Reply> {
  const wanted = wantedOf(query);
  const sink = sinkFor(request.headers, limits);
  if (closing) throw new Refusal(503, 'The server is about to end. Ask another.');
  if (counters.open >= limits.queue) {
    throw new Refusal(503, `${counters.open} images are waiting already. Try again in a moment.`, {
      'retry-after': RETRY_AFTER,
    });
  }
  counters.open++;
  try {
    invite();
    const content = await receive(request, sink, limits);
    const logits = await classifier.logitsOf(content, signal);
    counters.predictions++;
    return jsonReply(200, predictionOf(logits, model.labels, wanted));
  } finally {
    counters.open--;
  }
}

function health({ name, classifier, counters, started, closing }: Serving): Reply {
  const { open, ...counted } = counters;
  return jsonReply(closing ? 503 : 200, {
    ready: !closing,
    model: name,
    uptime: Math.round(performance.now() - started) / 1000,
    counters: { ...counted, batches: classifier.batches },
    open: { requests: open, ...classifier.underWay },
    memory: process.memoryUsage.rss(),
  });
}

function describe({ name, model, limits }: Serving): Reply {
  const { labels, imageSize, preprocessing } = model;
  const { maxBytes, maxPixels, batchSize } = limits;
  return jsonReply(200, {
    model: name,
    imageSize,
    preprocessing,
    limits: { maxBytes, maxPixels, batchSize },
    labels,
  });
}
