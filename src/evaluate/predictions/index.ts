/** Tables of predictions: a file a format. */
export { csvLine } from './csv.js';
export { type OnLogits, TABLE_FORMATS, tableFormatOf, writePredictions } from './write.js';
