export { isKerasArchive, readKerasArchive } from './archive.js';
export type { KerasFile, KerasModelData, KerasWriteOptions } from './contents.js';
export { isKerasH5, readKerasH5 } from './h5.js';
export { areNamedByPlace, nameByTopology } from './object-paths.js';
export { normaliseTopology, withLegalNames } from './topology/index.js';
export { writeKerasArchive } from './write-archive.js';
export { writeKerasH5 } from './write-h5.js';
