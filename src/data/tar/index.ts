/** Tar archives that stay as they are: what is in them, and where. */
export { plainTar } from './gunzip.js';
export { isSidecar, LABEL_KEYS, partsOf, type Said, SIDECARS, type Sidecar, unpacked } from './label.js';
export { membersOf, type TarMember, type TarPart } from './members.js';
export { indexTar, type TarIndex } from './tar-index.js';
