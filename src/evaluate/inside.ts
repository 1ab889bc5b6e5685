import { InputError } from '../errors.js';
import { startInference } from '../model/inference.js';
import { landmarksOf } from '../model/landmarks.js';
import type { Model } from '../model/model.js';
import { Tensor } from '../tensorflow/index.js';
import { addGradCam } from './explain/grad-cam.js';

/** What a run of a model gives besides its logits. All are the receiver's, who disposes of them. */
export interface InsideValues {
  /** float32 `[batch, classes]` */
  logits: Tensor<'float32'>;
  /** float32 `[batch, features]` or `[batch, 1, 1, features]`: what goes into the classifier. */
  features: Tensor<'float32'>;
  /** The last feature map, float32 `[batch, height, width, channels]`; only where heat is wanted. */
  map?: Tensor<'float32'>;
}

/** A model that is looked into while it runs. */
export interface Inside {
  run(images: Tensor): Promise<InsideValues>;
  /**
   * What speaks for a class of each image: see `addGradCam`.
   *
   * @param map of the same images, from {@link run}; it stays the caller's
   * @param classes class index of each image
   * @returns float32 `[batch, height, width]`, the caller's
   */
  heat(map: Tensor<'float32'>, classes: readonly number[]): Promise<Tensor<'float32'>>;
  /** Frees what running takes. */
  close(): Promise<void>;
}

/**
 * Opens a model to look into it: it runs on its own, beside the model.
 *
 * @param options.heat whether {@link Inside.heat} is wanted
 * @throws InputError for a network without a classifier or, where heat is wanted, without a feature map before it
 */
export async function openInside(model: Model, { heat = false } = {}): Promise<Inside> {
  const landmarks = landmarksOf(model);
  if (heat && landmarks.map === undefined) {
    throw new InputError(
      'The network has no feature map before its classifier: there is nothing to explain its predictions by.',
    );
  }
  const engine = await startInference(model, { seed: model.seed });
  try {
    const { nodes, session } = engine;
    const at = (name: string) => {
      const output = nodes.outputs.get(name);
      if (output === undefined) throw new InputError(`'${name}' gives no numbers that could be looked at.`);
      return output;
    };
    const features = at(landmarks.features);
    const map = heat ? at(landmarks.map!) : undefined;
    const cam =
      map === undefined
        ? undefined
        : addGradCam(session.graph, { logits: nodes.logits, map, prefix: 'grad-cam' });
    return {
      async run(images) {
        const input = nodes.inputs[images.dtype === 'uint8' ? 'uint8' : 'float32'];
        const fetches = [nodes.logits, features, ...(map === undefined ? [] : [map])];
        const found = (await session.run([[input, images]], fetches)) as Tensor<'float32'>[];
        return { logits: found[0]!, features: found[1]!, ...(found[2] && { map: found[2] }) };
      },
      async heat(values, classes) {
        if (!cam || map === undefined) throw new Error('The model was not opened for heat.');
        const count = model.labels.length;
        const asked = Tensor.allocate('float32', [classes.length, count]);
        try {
          asked.data.fill(0);
          for (const [i, k] of classes.entries()) asked.data[i * count + k] = 1;
          // The map is fed: nothing before it is computed again.
          const feeds = [[map, values] as const, [cam.classes, asked] as const];
          const [found] = await session.run(feeds, [cam.heat]);
          return found as Tensor<'float32'>;
        } finally {
          asked.dispose();
        }
      },
      close: () => engine.close(),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
