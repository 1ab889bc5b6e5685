/** MATLAB files of version 5: arrays of numbers, text, cells and structures. */
export { cells, type MatArray, type MatKind, number, numbers, structures, text } from './kinds.js';
export { readMat } from './read.js';
