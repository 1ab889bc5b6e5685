/** An inspection as a page: a folder that needs nothing from elsewhere. */
export { PAGE_FILE, type PageOptions, writePage } from './write.js';
