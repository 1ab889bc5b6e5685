import { availableParallelism } from 'node:os';
import { TensorFlowError } from '../../tensorflow/index.js';
import type { Box } from './crop.js';
import type { BatchRequest, DecodedBatch, Decoder } from './decoder.js';
import { decodeEach } from './each.js';
import { JpegGraph, type JpegPart, REDUCTIONS } from './jpeg-graph.js';
import { readJpegHeader } from './jpeg-header.js';
import { sharpDecoder } from './sharp.js';

/** How {@link tensorflowDecoder} goes about it. */
export interface TensorFlowDecoderOptions {
  /** For all that TensorFlow is not given. @default sharpDecoder() */
  others?: Decoder;
  /** Images decoded side by side. @default the cores */
  threads?: number;
}

/** Content of a JPEG of one grey pixel: takes the place of an image that another decoder decodes. */
const FILLER = Buffer.from(
  '/9j/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBD' +
    'ARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAABAAED' +
    'ASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAUAQEAAAAAAAAAAAAAAAAAAAAA' +
    '/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AAA//2Q==',
  'base64',
);
const END_OF_IMAGE = [0xff, 0xd9] as const;

/**
 * A decoder that gives parts of baseline JPEGs to TensorFlow's own, a batch at once, in which only those parts are decoded.
 * What is not cut out of such a file goes to another decoder: whole images, other formats, progressive and CMYK files,
 * those turned by EXIF or with a colour profile of their own, and damaged ones.
 *
 * The parts are the same as sharp's, their pixels differ a little: they are reduced by 2, 4 or 8 while they are decoded, as
 * long as they stay larger than the result, and then between the two nearest pixels.
 */
export function tensorflowDecoder({
  others = sharpDecoder(),
  threads = availableParallelism(),
}: TensorFlowDecoderOptions = {}): Decoder {
  const graphs = new Map<string, JpegGraph>();
  const graphOf = (count: number, imageSize: number) => {
    const key = `${count} ${imageSize}`;
    const known = graphs.get(key);
    if (known) return known;
    const graph = new JpegGraph({ count, imageSize, threads });
    graphs.set(key, graph);
    return graph;
  };
  return {
    name: 'tensorflow',
    decode: (image, slot, view) => others.decode(image, slot, view),
    async decodeBatch(request) {
      const { views, imageSize } = request;
      if (views.every(({ crop }) => !crop)) return decodeEach(others, request);
      const parts = await Promise.all(views.map((view) => partOf(view, imageSize)));
      if (request.stopped() || parts.every((part) => !part)) return decodeEach(others, request);
      try {
        return await decodeParts(graphOf(views.length, imageSize), parts, others, request);
      } catch (error) {
        // It does not say which of them it is: the other decoder finds out.
        if (error instanceof TensorFlowError) return decodeEach(others, request);
        throw error;
      }
    },
    async close() {
      await Promise.all([...graphs.values()].map((graph) => graph.close()));
      graphs.clear();
      await others.close?.();
    },
  };
}

/** What TensorFlow is to decode of an image; undefined where that is for another decoder. */
async function partOf(
  { image, crop }: BatchRequest['views'][number],
  imageSize: number,
): Promise<JpegPart | undefined> {
  if (!crop) return undefined;
  let content: Uint8Array;
  try {
    content = await image.read();
  } catch {
    // The other decoder names it.
    return undefined;
  }
  const header = readJpegHeader(content);
  if (!header?.baseline || header.components > 3 || header.orientation !== 1 || header.profiled)
    return undefined;
  // Without its end a file is cut off, or something follows it.
  if (content.at(-2) !== END_OF_IMAGE[0] || content.at(-1) !== END_OF_IMAGE[1]) return undefined;
  const { width, height } = header;
  const box = crop(width, height);
  const reduction = REDUCTIONS.findLastIndex((by) => Math.min(box.width, box.height) >= by * imageSize);
  return {
    content,
    box: reduced(box, REDUCTIONS[Math.max(0, reduction)]!, { width, height }),
    reduction: Math.max(0, reduction),
  };
}

/** A part in pixels of the reduced image: within it, and of a pixel at least. */
function reduced(box: Box, by: number, size: { width: number; height: number }): Box {
  if (by === 1) return box;
  const [width, height] = [Math.ceil(size.width / by), Math.ceil(size.height / by)];
  const left = Math.min(Math.round(box.left / by), width - 1);
  const top = Math.min(Math.round(box.top / by), height - 1);
  return {
    left,
    top,
    width: Math.min(Math.max(1, Math.round(box.width / by)), width - left),
    height: Math.min(Math.max(1, Math.round(box.height / by)), height - top),
  };
}

const FILLING: JpegPart = { content: FILLER, box: { left: 0, top: 0, width: 1, height: 1 }, reduction: 0 };

/** TensorFlow decodes its parts while the other decoder decodes the rest, whose pixels are then put in. */
async function decodeParts(
  graph: JpegGraph,
  parts: readonly (JpegPart | undefined)[],
  others: Decoder,
  request: BatchRequest,
): Promise<DecodedBatch> {
  const places = [...parts.keys()].filter((place) => !parts[place]);
  const rest =
    places.length > 0
      ? decodeEach(others, { ...request, views: places.map((place) => request.views[place]!) })
      : undefined;
  const [batch, other] = await Promise.allSettled([graph.decode(parts.map((part) => part ?? FILLING)), rest]);
  const owned = other.status === 'fulfilled' ? other.value : undefined;
  try {
    if (batch.status === 'rejected') throw batch.reason;
    if (other.status === 'rejected') {
      batch.value.dispose();
      throw other.reason;
    }
    const pixels = batch.value;
    const failures = new Map<number, Error>();
    if (owned) {
      const size = pixels.data.length / parts.length;
      for (const [i, place] of places.entries()) {
        pixels.data.set(owned.pixels.data.subarray(i * size, (i + 1) * size), place * size);
        const failure = owned.failures.get(i);
        if (failure) failures.set(place, failure);
      }
    }
    return { pixels, failures };
  } finally {
    owned?.pixels.dispose();
  }
}
