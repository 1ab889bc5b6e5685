/** Looks at images before they are trained on: one file a concern, one document of what was found. */
export type { ClassCount, ClassProblem } from './classes.js';
export type { DuplicateGroup, Leak } from './duplicates.js';
export {
  type Inspection,
  type InspectOptions,
  inspectTask,
  type UnreadableImage,
  USUAL_SAMPLE,
} from './inspection.js';
export type { ImageRef, SplitName } from './sample.js';
export type { Suspicion, SuspiciousImage } from './suspicious.js';
export { TRAIT_TITLES, TRAITS, type Trait } from './traits.js';
