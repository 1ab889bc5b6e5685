export type { FlatModel } from './flatten.js';
export { inKerasOrder } from './layer-order.js';
export { withLegalNames } from './legal-names.js';
export type { LayerNode, ModelNode } from './model-tree.js';
export { type KerasModel, kerasModel, normaliseTopology, parseJson, parseKerasModel } from './read.js';
export { describeModel } from './write.js';
