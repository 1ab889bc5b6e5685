/** Models that are graphs of operations, not layers: made trainable, run, cut, and given new heads. */
export { constantOf, weightOf } from './constants.js';
export { cutGraph } from './cut.js';
export type { Endpoint } from './endpoints.js';
export { type FrozenGraph, type TrainableGraph, trainableGraph } from './frozen.js';
export { type GraphHeadOptions, replaceGraphHead, setGraphDropout } from './head.js';
export { checkNames, freshName, liveNodes } from './nodes.js';
export { withoutIdentities } from './rewrite.js';
export { graphWithScaling } from './scaling.js';
export { outputSize } from './shapes.js';
export { endsInGraphSoftmax, graphWithoutSoftmax, graphWithSoftmax } from './softmax.js';
export { type UnfoldOptions, unfoldNorms } from './unfold-norms.js';
