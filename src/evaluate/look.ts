import type { Model } from '../model/index.js';
import type { Tensor } from '../tensorflow/index.js';
import { averaged } from './average.js';
import { openInside } from './inside.js';
import type { TestView } from './views.js';

/** What is seen of a batch of images; freed once whoever is given it is done. */
export interface Sight {
  /** float32 `[batch, classes]`, of all views together. */
  logits: Tensor<'float32'>;
  /** What goes into the classifier, of the images as they are; where wanted. */
  features?: Tensor<'float32'>;
  /** Heat of a class of each image, as it is, `[batch, height, width]`, the caller's; where wanted. */
  heatOf?: (classes: readonly number[]) => Promise<Tensor<'float32'>>;
}

/** A model that looks at images. */
export interface Look {
  at(images: Tensor, see: (sight: Sight) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface LookOptions {
  views: readonly TestView[];
  features: boolean;
  heat: boolean;
}

/** Makes a model ready to look at images, and into itself where more than logits is wanted: each image goes through once. */
export async function openLook(model: Model, { views, features, heat }: LookOptions): Promise<Look> {
  if (!features && !heat) {
    const logitsOf = averaged((images) => model.run(images), views);
    return {
      async at(images, see) {
        const logits = await logitsOf(images);
        try {
          await see({ logits });
        } finally {
          logits.dispose();
        }
      },
      close: async () => {},
    };
  }
  const inside = await openInside(model, { heat });
  const isPlain = views.length === 1 && !views[0]!.place && !views[0]!.mirrored;
  const averagedLogits = averaged(async (images) => {
    const { logits, ...rest } = await inside.run(images);
    for (const value of Object.values(rest)) value?.dispose();
    return logits;
  }, views);
  return {
    async at(images, see) {
      const values = await inside.run(images);
      let all: Tensor<'float32'> | undefined;
      try {
        all = isPlain ? undefined : await averagedLogits(images);
        await see({
          logits: all ?? values.logits,
          features: values.features,
          ...(values.map && { heatOf: (classes) => inside.heat(values.map!, classes) }),
        });
      } finally {
        all?.dispose();
        for (const value of Object.values(values)) value?.dispose();
      }
    },
    close: () => inside.close(),
  };
}
