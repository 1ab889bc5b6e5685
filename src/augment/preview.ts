import { type Batch, batches } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { sampleStratified } from '../data/stratify.js';
import { Fragment, Graph, Session, Tensor } from '../tensorflow/index.js';
import { type Augmentation, augment, decoderCrop } from './augment.js';
import { type MixOptions, mix } from './mix.js';

/** What {@link previewAugmentations} shows. */
export interface PreviewOptions {
  augmentations: readonly Augmentation[];
  /** Mixing on top. @default none */
  mixing?: Pick<MixOptions, 'mixup' | 'cutmix'>;
  /** Images that are shown, some of each class. */
  images: number;
  /** How often each is augmented. */
  draws: number;
  /** Side in pixels that they get. */
  size: number;
  seed: number;
}

/** An image as it is, and augmented again and again: uint8 `[size, size, 3]` each. */
export type PreviewRow = readonly Uint8Array[];

/**
 * Augments some images of a data set, as the graph of training does: each draw is another update.
 *
 * @returns a row an image, itself first
 * @throws InputError for augmentations that are not known, and for an image that cannot be read
 */
export async function previewAugmentations(dataset: Dataset, options: PreviewOptions): Promise<PreviewRow[]> {
  const { augmentations, images, draws, size, seed } = options;
  const indices = sampleStratified(dataset.labels, Math.min(images, dataset.length), seed);
  const crop = dataset.source.kind === 'encoded' ? decoderCrop(augmentations) : undefined;
  const preview = new Preview(dataset, options);
  try {
    const columns: Uint8Array[][] = [];
    for (let draw = 0; draw <= draws; draw++) {
      const decoded = batches(dataset, {
        batchSize: indices.length,
        imageSize: size,
        indices,
        ...(crop && draw > 0 && { crop: { ...crop, seed, epoch: draw } }),
      });
      for await (const batch of decoded) {
        try {
          columns.push(await preview.draw(batch, draw));
        } finally {
          batch.dispose();
        }
      }
    }
    return Array.from(indices, (_, row) => columns.map((column) => column[row]!));
  } finally {
    await preview.close();
  }
}

/** The graph of a preview with its session. */
class Preview {
  readonly #size: number;
  readonly #seed: number;
  readonly #graph = new Graph();
  readonly #session: Session;

  constructor({ source }: Dataset, { augmentations, mixing, size, seed }: PreviewOptions) {
    this.#size = size;
    this.#seed = seed;
    const { height, width } = source.kind === 'encoded' ? { height: size, width: size } : source;
    const f = new Fragment();
    f.input('pixels', 'uint8', [-1, height, width, 3]);
    f.input('targets', 'float32', [-1, 1]);
    f.input('seed', 'int64', [2]);
    const common = { height, width, size, seed: 'seed', decoded: source.kind === 'encoded' };
    try {
      f.identity(augment(f, 'pixels', { ...common, augmentations: [] }), 'plain');
      const images = augment(f, 'pixels', { ...common, augmentations });
      const mixed = mix(
        f,
        { images, targets: 'targets' },
        {
          ...{ mixup: 0, cutmix: 0, ...mixing },
          ...{ mixMode: 'image', mixSwitch: 0.5, mixProbability: 1, size, seed: 'seed', on: f.scalar(1) },
        },
      );
      f.identity(mixed.images, 'augmented');
      this.#graph.import(f);
      this.#session = new Session(this.#graph);
    } catch (error) {
      this.#graph.dispose();
      throw error;
    }
  }

  /** @param draw 0 for the images as they are */
  async draw({ images, size: count }: Batch, draw: number): Promise<Uint8Array[]> {
    const seed = Tensor.from('int64', [BigInt(this.#seed), BigInt(draw)]);
    const targets = Tensor.from('float32', new Float32Array(count), [count, 1]);
    try {
      const feeds = [['pixels', images] as const, ['seed', seed] as const, ['targets', targets] as const];
      const [found] = await this.#session.run(feeds, [draw === 0 ? 'plain' : 'augmented']);
      const length = this.#size ** 2 * 3;
      const pixels = Uint8ClampedArray.from(found!.data as Float32Array);
      found!.dispose();
      return Array.from(
        { length: count },
        (_, i) => new Uint8Array(pixels.slice(i * length, (i + 1) * length)),
      );
    } finally {
      seed.dispose();
      targets.dispose();
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
    this.#graph.dispose();
  }
}
