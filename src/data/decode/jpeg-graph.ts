import { attr, BytesTensor, Fragment, Graph, type Output, Session, Tensor } from '../../tensorflow/index.js';
import type { Box } from './crop.js';

/** By how much a JPEG can be reduced while it is decoded: libjpeg's own scaled inverse transforms. */
export const REDUCTIONS = [1, 2, 4, 8] as const;

/** Values of a piece, at most: see {@link piecesOf}. */
const LARGEST_PIECE = 100_000;
const MOST_PIECES = 64;
/** Values of 4 bytes in 64. */
const ALIGNED = 16;

/** One JPEG, and the part of it that becomes the image. */
export interface JpegPart {
  content: Uint8Array;
  /** In pixels of the reduced image. */
  box: Box;
  /** Index into {@link REDUCTIONS}. */
  reduction: number;
}

/** How {@link JpegGraph} is made. */
export interface JpegGraphOptions {
  /** Images of a run. */
  count: number;
  /** Side of the result in pixels. */
  imageSize: number;
  /** Images decoded side by side. */
  threads: number;
}

/**
 * Decodes a batch of JPEGs in one session run, a branch an image: `DecodeAndCropJpeg` decodes only the rows and blocks
 * of the part that is wanted, and what the branches give is joined into the batch.
 */
export class JpegGraph {
  readonly #graph = new Graph();
  readonly #session: Session;
  readonly #count: number;
  readonly #output: Output;

  constructor({ count, imageSize, threads }: JpegGraphOptions) {
    this.#count = count;
    const fragment = new Fragment();
    const windows = unpacked(fragment, fragment.input('windows', 'int32', [count, 4]), count, 'int32');
    const coarse = unpacked(fragment, fragment.input('coarse', 'bool', [count]), count, 'bool');
    const odd = unpacked(fragment, fragment.input('odd', 'bool', [count]), count, 'bool');
    const images = windows.map((window, place) => {
      const jpeg = fragment.input(contentOf(place), 'string', []);
      const decoded = decodedBy(fragment, { jpeg, window, coarse: coarse[place]!, odd: odd[place]! });
      return rounded(fragment, stretched(fragment, decoded, imageSize), imageSize);
    });
    const pieces = images.flat();
    const whole = pieces.length === 1 ? pieces[0]! : joined(fragment, pieces);
    this.#output = fragment.reshape(whole, [count, imageSize, imageSize, 3], 'uint8');
    try {
      this.#graph.import(fragment);
      // The rewriter finds nothing to do here.
      this.#session = new Session(this.#graph, {
        intraOpThreads: 0,
        interOpThreads: threads,
        ownThreads: true,
        grappler: false,
      });
    } catch (error) {
      this.#graph.dispose();
      throw error;
    }
  }

  /**
   * @param parts one for each image of a run
   * @returns uint8 `[count, imageSize, imageSize, 3]`, the caller's
   * @throws TensorFlowError where one of them cannot be decoded
   */
  async decode(parts: readonly JpegPart[]): Promise<Tensor<'uint8'>> {
    const places = Array.from({ length: this.#count }, (_, place) => parts[place]!);
    const scalars = [
      [
        'windows',
        Tensor.from(
          'int32',
          places.flatMap(({ box }) => [box.top, box.left, box.height, box.width]),
          [this.#count, 4],
        ),
      ],
      [
        'coarse',
        Tensor.from(
          'bool',
          places.map(({ reduction }) => reduction >> 1),
        ),
      ],
      [
        'odd',
        Tensor.from(
          'bool',
          places.map(({ reduction }) => reduction & 1),
        ),
      ],
    ] as const;
    const contents = places.map(
      ({ content }, place) => [contentOf(place), new BytesTensor(content)] as const,
    );
    const feeds = [...scalars, ...contents];
    try {
      const [batch] = await this.#session.run(feeds, [this.#output]);
      return batch as Tensor<'uint8'>;
    } finally {
      for (const [, tensor] of feeds) tensor.dispose();
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
    this.#graph.dispose();
  }
}

function joined(fragment: Fragment, pieces: readonly Output[]): Output {
  return fragment.op('ConcatV2', [...pieces, fragment.constant(Int32Array.of(0), [])], {
    T: attr.type('uint8'),
    N: attr.int(pieces.length),
    Tidx: attr.type('int32'),
  });
}

const contentOf = (place: number): string => `jpeg/${place}`;

function unpacked(fragment: Fragment, input: Output, count: number, dtype: 'int32' | 'bool'): Output[] {
  const node = fragment.op('Unpack', [input], {
    T: attr.type(dtype),
    num: attr.int(count),
    axis: attr.int(0),
  });
  return Array.from({ length: count }, (_, i) => `${node}:${i}`);
}

/**
 * A decoder for each reduction, which is fixed in the graph: only the one that `coarse` and `odd` (the bits of its index)
 * lead to runs.
 */
function decodedBy(
  fragment: Fragment,
  { jpeg, window, coarse, odd }: { jpeg: Output; window: Output; coarse: Output; odd: Output },
): Output {
  const switched = (input: Output, by: Output): [Output, Output] => {
    const node = fragment.op('Switch', [input, by], { T: attr.type('string') });
    return [node, `${node}:1`];
  };
  const ways = switched(jpeg, coarse).flatMap((side) => switched(side, odd));
  const decoded = ways.map((way, i) =>
    fragment.op('DecodeAndCropJpeg', [way, window], {
      channels: attr.int(3),
      ratio: attr.int(REDUCTIONS[i]!),
      dct_method: attr.string('INTEGER_ACCURATE'),
    }),
  );
  return fragment.op('Merge', decoded, { T: attr.type('uint8'), N: attr.int(decoded.length) });
}

/** `[height, width, 3]` to `[1, imageSize, imageSize, 3]`, between the pixels' centres. */
function stretched(fragment: Fragment, image: Output, imageSize: number): Output {
  const one = fragment.op('ExpandDims', [image, fragment.constant(Int32Array.of(0), [])], {
    T: attr.type('uint8'),
    Tdim: attr.type('int32'),
  });
  return fragment.op('ResizeBilinear', [one, fragment.ints(imageSize, imageSize)], {
    T: attr.type('uint8'),
    half_pixel_centers: attr.bool(true),
  });
}

/** Whole numbers of an image's values, in pieces `[1, values]`. */
function rounded(fragment: Fragment, image: Output, imageSize: number): Output[] {
  const pieces = piecesOf(3 * imageSize ** 2);
  const flat = fragment.reshape(image, [pieces, -1]);
  const split = fragment.op('Split', [fragment.constant(Int32Array.of(0), []), flat], {
    T: attr.type('float32'),
    num_split: attr.int(pieces),
  });
  return Array.from({ length: pieces }, (_, i) => {
    const piece = i === 0 ? split : `${split}:${i}`;
    // A cast cuts off: this rounds.
    return fragment.cast(fragment.math('AddV2', [piece, fragment.scalar(0.5)]), 'float32', 'uint8');
  });
}

/**
 * Into how many pieces an image's values are divided. TensorFlow divides an operation over its threads from about 200,000 cycles
 * on, and waits for them: for what an image takes, that costs more than the operation, where other images keep the threads busy
 * anyway. Pieces that begin at a multiple of 64 bytes are not copied.
 */
export function piecesOf(values: number): number {
  for (let pieces = Math.ceil(values / LARGEST_PIECE); pieces <= MOST_PIECES; pieces++)
    if (values % (pieces * ALIGNED) === 0) return pieces;
  return 1;
}
