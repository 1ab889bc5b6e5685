/** A linear probe: the head alone is trained, on features that are computed once. */
export { type FeatureOptions, type Features, featuresOf } from './features.js';
export { digestOfModel } from './identity.js';
export { type Probe, type ProbeOptions, probeTask } from './probe.js';
export { joinHead, type SplitModel, splitAtHead } from './split.js';
