import type { Model } from '../../model/index.js';
import { foldNorms } from './fold-norms.js';
import { type InferenceGraph, inferenceGraph } from './inference-graph.js';
import { mergePads } from './merge-pads.js';

/** The inference graph of a model with fewer operations that compute the same: what every format that holds a graph begins with. */
export const reducedGraph = (model: Model): InferenceGraph => mergePads(foldNorms(inferenceGraph(model)));
