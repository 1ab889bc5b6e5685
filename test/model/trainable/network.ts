import { findBase } from '../../../models/catalogue/index.js';
import { buildForward, Model, NO_PREPROCESSING } from '../../../src/model/index.js';

/** A base of the catalogue at its own size, without weights, and the weights that it has. */
export function network(name: string, imageSize = 64) {
  const topology = findBase(name)!.build({ imageSize });
  const model = new Model({
    topology,
    weights: new Map(),
    labels: [],
    preprocessing: NO_PREPROCESSING,
    imageSize,
  });
  return { model, weights: buildForward(topology, { training: true }).weights };
}
