/** Contact sheets: pictures in rows, each with what there is to say about it. */
export { escaped } from './escaped.js';
export { type Cell, drawSheet, type SheetOptions, sheetSize, shortened } from './sheet.js';
export { decodedPicture, type Picture, thumbnailOf } from './thumbnail.js';
export { drawImages, type ImageCell } from './thumbnails.js';
