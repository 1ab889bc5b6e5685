/** Tar archives that stay as they are: what is in them, and where. */
export { isGzipped, keyOfFile, plainTar } from './gunzip.js';
export { membersOf, type TarMember, type TarPart } from './members.js';
export { indexTar, type TarIndex } from './tar-index.js';
