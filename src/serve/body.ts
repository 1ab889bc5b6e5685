import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { multipartSink } from './multipart.js';
import { ClientGone, Refusal } from './refusal.js';

/** Takes a body as it arrives, and finds the image in it. */
export interface BodySink {
  /** @throws Refusal as soon as it is clear that nothing will come of it */
  write(chunk: Buffer): void;
  /** The image. @throws Refusal where there is none */
  end(): Promise<Buffer>;
}

export interface BodyLimits {
  /** Of the whole body. */
  maxBytes: number;
  /** Seconds until the last byte. */
  timeout: number;
}

/**
 * Types of a body that is the image itself; what it really is, its first bytes tell. The last is what `curl --data-binary`
 * calls anything.
 */
const PLAIN = /^(image\/[\w.+-]+|application\/octet-stream|application\/x-www-form-urlencoded)$/;

/**
 * What takes a body of these headers.
 *
 * @throws Refusal 411 without a length, 413 for a length beyond the limit, 415 for a type or an encoding that is not read
 */
export function sinkFor(headers: IncomingHttpHeaders, { maxBytes }: Pick<BodyLimits, 'maxBytes'>): BodySink {
  const { 'content-length': length, 'transfer-encoding': transfer, 'content-encoding': encoding } = headers;
  if (length === undefined && transfer === undefined)
    throw new Refusal(411, 'There is no body. Send an image as the body, with its content-length.');
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Refusal(
      415,
      `A content-encoding of '${encoding}' is not read: images are compressed already. Send it plain.`,
      { 'accept-encoding': 'identity' },
    );
  }
  const { 'content-type': full = 'application/octet-stream' } = headers;
  const type = full.split(';')[0]!.trim().toLowerCase();
  if (type === 'multipart/form-data') return multipartSink(full);
  if (PLAIN.test(type)) return plainSink();
  throw new Refusal(
    415,
    `A body of type '${type}' is not read. Send the image itself, as image/jpeg and the like or application/octet-stream, ` +
      'or a form with one file as multipart/form-data.',
  );
}

/**
 * Receives a body.
 *
 * @throws Refusal 408 where it takes too long, 413 where it becomes too long, and what the sink refuses
 * @throws ClientGone where the client went away in the middle
 */
export function receive(
  request: IncomingMessage,
  sink: BodySink,
  { maxBytes, timeout }: BodyLimits,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const settle = (act: () => void) => {
      clearTimeout(timer);
      request.off('data', take).off('end', finish).off('close', lost).off('error', lost);
      // The stream of a client that is cut off fails once more, when nobody waits for it.
      request.on('error', () => {});
      act();
    };
    const fail = (reason: unknown) => settle(() => reject(reason));
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) return fail(tooLarge(maxBytes));
      try {
        sink.write(chunk);
      } catch (error) {
        fail(error);
      }
    };
    const finish = () => {
      // The time goes on until the sink has made something of it.
      sink.end().then((image) => settle(() => resolve(image)), fail);
    };
    const lost = () => {
      if (!request.complete) fail(new ClientGone('The client went away.'));
    };
    const timer = setTimeout(
      () =>
        fail(new Refusal(408, `The body took longer than ${timeout} s. Send it faster, or a smaller image.`)),
      timeout * 1000,
    );
    request.on('data', take).on('end', finish).on('close', lost).on('error', lost);
  });
}

const tooLarge = (maxBytes: number): Refusal =>
  new Refusal(413, `The body has more than the ${maxBytes} bytes that are taken. Send a smaller image.`);

function plainSink(): BodySink {
  const chunks: Buffer[] = [];
  return {
    write(chunk) {
      chunks.push(chunk);
    },
    end: async () => Buffer.concat(chunks),
  };
}
