export { isKerasArchive, readKerasArchive } from './archive.js';
export type { KerasFile } from './contents.js';
export { isKerasH5, readKerasH5 } from './h5.js';
export { areNamedByPlace, nameByTopology } from './object-paths.js';
export { normaliseTopology } from './topology/index.js';
