/** A model behind HTTP: a server, and a page for people. */
export { DEFAULTS, type ServeOptions } from './options.js';
export { type Served, serve } from './serve.js';
