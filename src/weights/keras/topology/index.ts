export type { FlatModel } from './flatten.js';
export type { LayerNode, ModelNode } from './model-tree.js';
export { type KerasModel, kerasModel, normaliseTopology, parseJson, parseKerasModel } from './read.js';
