/** Where the encoded images of a data set lie: one store a place, one interface for all. */
export { FileTable, ImageFiles, imageFile, imageFiles } from './files.js';
export { type GivenImage, GivenImages, nameOfGiven } from './given.js';
export { JoinedImages } from './joined.js';
export { NameTable } from './name-table.js';
export { type ParquetColumn, ParquetImages, ParquetTable } from './parquet.js';
export { type EncodedImage, type ImageStore, namesOf } from './store.js';
export { TarFiles, TarImages } from './tar.js';
