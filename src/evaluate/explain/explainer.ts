import type { ImageStore } from '../../data/images/index.js';
import { unknownName } from '../../errors.js';
import type { Tensor } from '../../tensorflow/index.js';
import { ExplanationFolder, type Said } from './write.js';

/** How predictions are explained. */
export interface ExplainOptions {
  /** Where the pictures go, `NAME.cam.png` of each image. */
  folder: string;
  /** Class that is explained. @default the one that each image is taken for */
  class?: string;
}

/** Classes of an image, the likeliest first. */
interface Ranked {
  predictions: readonly (Said & { index: number })[];
}

/** The images of a batch, and what gives the heat of a class of each, `[batch, height, width]`. */
export interface ExplainedBatch {
  images: ImageStore;
  rows: Int32Array;
  heatOf: (classes: readonly number[]) => Promise<Tensor<'float32'>>;
}

/** Explains predictions, batch by batch. */
export class Explainer {
  readonly #asked: number | undefined;
  readonly #pictures: ExplanationFolder;

  /** @throws InputError for a class that is none of the labels */
  constructor(labels: readonly string[], { folder, class: name }: ExplainOptions) {
    this.#asked = name === undefined ? undefined : labels.indexOf(name);
    if (this.#asked === -1) throw unknownName('class', name!, labels);
    this.#pictures = new ExplanationFolder(folder);
  }

  /** @param ranked all classes of each image of the batch */
  async explain(ranked: readonly Ranked[], { images, rows, heatOf }: ExplainedBatch): Promise<void> {
    const explained = ranked.map(
      ({ predictions }) => predictions.find(({ index }) => index === this.#asked) ?? predictions[0]!,
    );
    const heat = await heatOf(explained.map(({ index }) => index));
    try {
      const [, height, width] = heat.shape as [number, number, number];
      await Promise.all(
        ranked.map(({ predictions: [first] }, i) => {
          const said = explained[i]!;
          const data = heat.data.slice(i * height * width, (i + 1) * height * width);
          return this.#pictures.write({
            image: images.at(rows[i]!),
            heat: { data, height, width },
            said,
            ...(said !== first && { instead: first! }),
          });
        }),
      );
    } finally {
      heat.dispose();
    }
  }
}
