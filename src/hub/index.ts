/** Repositories of models and data sets on the Hugging Face hub, in the cache that its Python client uses. */
export {
  fetchFromSnapshot,
  fetchHubFile,
  type HubPlaces,
  type HubSnapshot,
  locateHubFile,
  openSnapshot,
  snapshotByHand,
} from './fetch.js';
export { checkInside, type HubRepository, isFile } from './layout.js';
export { type Pushed, type PushOptions, pushFolder, repositoryNamed, writeToken } from './push.js';
export type { HubOptions } from './settings.js';
