import type { Topology } from '../../models/topology.js';
import type { WeightMap } from './weights.js';

/** What happens to pixels in 0..255 before they enter the network: `(pixel - mean) / std`, per RGB channel. */
export interface Preprocessing {
  mean: readonly [number, number, number];
  std: readonly [number, number, number];
}

/** Pixels go in as they are: for topologies whose first layers do the scaling. */
export const NO_PREPROCESSING: Preprocessing = { mean: [0, 0, 0], std: [1, 1, 1] };

/** An image classifier as data: what every reader, writer, and stage takes and gives. */
export interface ModelData {
  topology: Topology;
  weights: WeightMap;
  /** Class names in the order of the logits. */
  labels: readonly string[];
  preprocessing: Preprocessing;
  /** Side of the square input, in pixels. */
  imageSize: number;
}
