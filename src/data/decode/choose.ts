import PQueue from 'p-queue';
import type { Dataset } from '../dataset.js';
import { cropOf, type SeededCrop } from './crop.js';
import type { BatchRequest, Decoder } from './decoder.js';
import { decodeEach } from './each.js';
import { sharpDecoder } from './sharp.js';
import { tensorflowDecoder } from './tensorflow.js';
import { usualWorkers } from './workers.js';

/** The decoders by name. */
export const DECODERS = {
  sharp: () => sharpDecoder(),
  tensorflow: () => tensorflowDecoder(),
} as const satisfies Record<string, () => Decoder>;

/** Name of a decoder. */
export type DecoderName = keyof typeof DECODERS;

/** A decoder that was chosen. */
export interface DecoderChoice {
  name: DecoderName;
  /** Why, in words. */
  why: string;
}

/** What is to be decoded. */
export interface ChooseOptions {
  /** Side of the result in pixels. */
  imageSize: number;
  /** The crop of training; without it images are decoded whole. */
  crop?: SeededCrop | undefined;
  /** Images decoded at once. @default usualWorkers() */
  workers?: number | undefined;
}

/** Images of the sample that decoders are timed on. */
const SAMPLE = 32;
/** Times that each decodes it, besides the first, in which files are read and graphs are made ready. */
const ROUNDS = 2;

/**
 * The faster decoder for a data set: both decode a short sample of it, spread over all of it, in turns.
 */
export async function chooseDecoder(
  { source, length }: Dataset,
  { imageSize, crop, workers = usualWorkers() }: ChooseOptions,
): Promise<DecoderChoice> {
  if (source.kind !== 'encoded') return { name: 'sharp', why: 'nothing is decoded: its images are arrays' };
  if (!crop) return { name: 'sharp', why: 'images are decoded whole' };
  const count = Math.min(SAMPLE, length);
  const queue = new PQueue({ concurrency: workers });
  const request: BatchRequest = {
    views: Array.from({ length: count }, (_, i) => {
      const row = Math.floor((i * length) / count);
      return { row, image: source.images.at(row), crop: cropOf(row, crop) };
    }),
    imageSize,
    queue: (job) => queue.add(job),
    stopped: () => false,
  };
  const contestants = Object.entries(DECODERS).map(([name, make]) => ({
    name: name as DecoderName,
    decoder: make() as Decoder,
    seconds: 0,
  }));
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      for (const contestant of contestants) {
        const started = performance.now();
        const { decoder } = contestant;
        const decoded = await (decoder.decodeBatch?.(request) ?? decodeEach(decoder, request));
        decoded.pixels.dispose();
        if (round > 0) contestant.seconds += (performance.now() - started) / 1000;
      }
    }
  } finally {
    for (const { decoder } of contestants) await decoder.close?.();
  }
  const [first, second] = contestants.sort((a, b) => a.seconds - b.seconds);
  const rate = (seconds: number) => Math.round((count * ROUNDS) / seconds).toLocaleString('en');
  return {
    name: first!.name,
    why: `${rate(first!.seconds)} images a second on ${count} of them, ${second!.name} ${rate(second!.seconds)}`,
  };
}
