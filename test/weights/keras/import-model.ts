import type { LayersTopology } from '../../../models/topology.js';
import { NO_PREPROCESSING } from '../../../src/model/data.js';
import { buildForward, Model, type WeightMap } from '../../../src/model/index.js';
import { convertWeights } from '../../../src/weights/convert.js';
import type { NameMap } from '../../../src/weights/names/index.js';

/** Names are the project's already: every weight of the topology must be there, with its shape, and no other. */
const SAME: NameMap = {
  name: 'same',
  description: 'the same names',
  ignored: /^$/,
  conventions: () => ({}),
  bind: () => (target) => ({ source: target }),
};

/** A model of a topology and the weights of a file; it fails where they do not fit each other. */
export function modelOf(topology: LayersTopology, tensors: WeightMap, file: string): Model {
  const { weights: targets, classes, inputShape } = buildForward(topology, { training: false });
  const weights = convertWeights(tensors, targets, SAME, { file });
  const labels = Array.from({ length: classes }, (_, k) => String(k));
  return new Model(
    { topology, weights, labels, preprocessing: NO_PREPROCESSING, imageSize: inputShape[0]! },
    { origin: file, seed: 0 },
  );
}

/**
 * Logits of the image x[h, w, c] = 127.5 (1 + sin(0.05 h + 0.031 w + 1.7 c)), and how far they are from a reference:
 * max |a - b| / max |b|.
 */
export async function distanceTo(reference: readonly number[], model: Model): Promise<number> {
  const size = model.imageSize;
  const data = Float32Array.from({ length: size * size * 3 }, (_, i) => {
    const [h, w, c] = [Math.floor(i / (3 * size)), Math.floor(i / 3) % size, i % 3];
    return 127.5 * (1 + Math.sin(0.05 * h + 0.031 * w + 1.7 * c));
  });
  const { data: logits } = await model.logits({ data, shape: [1, size, size, 3] }, { preprocess: false });
  if (logits.length !== reference.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...reference.map(Math.abs));
  return Math.max(...reference.map((value, k) => Math.abs(value - logits[k]!))) / largest;
}
