/** A network as an ordered list of blocks. */
export { type Block, blocksOf } from './blocks.js';
export { type Head, headLayers } from './head-layers.js';
