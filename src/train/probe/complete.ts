import { buildForward, type Model } from '../../model/index.js';
import { startInference } from '../../model/inference.js';

/** A model that has a value for every weight: those that it lacked are drawn from its seed, as running it does. */
export async function completed(model: Model): Promise<Model> {
  const { topology, imageSize, weights, seed } = model;
  const specs = buildForward(topology, { training: false, imageSize }).weights;
  if (specs.every(({ name }) => weights.has(name))) return model;
  const engine = await startInference(model, { seed });
  try {
    return model.with({ weights: await engine.variables.values(engine.session) });
  } finally {
    await engine.close();
  }
}
