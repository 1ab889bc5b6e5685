/** Models as graphs of operations for inference: what the formats that hold graphs are written from. */
export { foldNorms } from './fold-norms.js';
export { fuse } from './fuse.js';
export { type InferenceGraph, inferenceGraph } from './inference-graph.js';
export { mergePads } from './merge-pads.js';
export { reducedGraph } from './reduced-graph.js';
export { spreadChannels } from './spread-channels.js';
