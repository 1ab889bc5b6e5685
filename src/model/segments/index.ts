/** A forward pass in pieces, to compute it again on the way back instead of keeping it. */
export { type RecomputeOptions, recomputedGradients } from './gradients.js';
export { type Segment, type SegmentOptions, segmentForward } from './segments.js';
