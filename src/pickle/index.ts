/** Pickles of Python, read as data: nothing in them is imported or run. */

export type { AllowList } from './allow-list.js';
export { asText, integersOf, NumpyArray, numpyAllowList } from './numpy.js';
export { Unpickler } from './unpickler.js';
export { isCount, PickleGlobal, PickleObject, type PickleValue } from './values.js';
