/** Models and weights on the Hugging Face hub, in the cache that its Python client uses. */
export { fetchHubFile, type HubPlaces, locateHubFile } from './fetch.js';
export { fetchHubModel, type HubModel } from './model.js';
export type { HubOptions } from './settings.js';
