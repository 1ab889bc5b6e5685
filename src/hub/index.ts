/** Repositories on the Hugging Face hub, in the cache that its Python client uses. */
export { fetchFromSnapshot, fetchHubFile, type HubPlaces, locateHubFile, openSnapshot } from './fetch.js';
export { checkInside, isFile } from './layout.js';
export type { HubOptions } from './settings.js';
