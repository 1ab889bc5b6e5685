import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorReply, type Reply, rawReply } from './reply.js';

/** Longest path with its query, in characters. */
export const MOST_URL = 2048;

export const urlTooLong = (): Reply =>
  errorReply(
    414,
    `The address is longer than ${MOST_URL} characters. Send the image as the body, with POST.`,
  );

/** What a request that Node's parser refuses is answered with. */
export function replyToMalformed(error: Error & { code?: string; rawPacket?: Buffer }): Reply {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      // Node counts the address with the headers.
      return isLongAddress(error.rawPacket)
        ? urlTooLong()
        : errorReply(431, 'The headers are too long. Leave out what is not needed, such as cookies.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return errorReply(408, 'The request took too long to arrive. Send it again.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return errorReply(413, 'The extensions of a chunk are too long. Leave them out.');
    default:
      return errorReply(
        400,
        `The request is no valid HTTP/1.1: ${reasonOf(error)}. Send it with an HTTP client such as curl.`,
      );
  }
}

/** Answers on the connection itself, and ends it; where an answer is under way already, it is cut off. */
export function refuseOnSocket(socket: Socket, reply: Reply, response: ServerResponse | undefined): void {
  if (!socket.writable || response?.headersSent) socket.destroy();
  else socket.end(rawReply(reply), () => socket.destroySoon());
}

const isLongAddress = (packet: Buffer | undefined): boolean =>
  packet !== undefined && /^[A-Z]+ \S{2048}/.test(packet.subarray(0, MOST_URL + 64).toString('latin1'));

/** Node's own words, without those that name its parser. */
const reasonOf = ({ message }: Error): string => message.replace(/^Parse Error: /, '').toLowerCase();
