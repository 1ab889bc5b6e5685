import { AUGMENTING } from './options/augmenting.js';
import { BRINGING } from './options/bringing.js';
import { LEARNING } from './options/learning.js';
import { OBJECTIVE } from './options/objective.js';
import { OPTIMIZING } from './options/optimizing.js';
import { RUNNING } from './options/running.js';

export { defaultOf, type OptionEntry } from './options/option.js';

/** The options by what they concern, in the order of `--help`. A new option is a row in one of these. */
export const GROUPS = {
  'What is trained on what': BRINGING,
  'Sharpness-aware minimization': OBJECTIVE,
  Optimizer: OPTIMIZING,
  'Learning and loss': LEARNING,
  Images: AUGMENTING,
  Running: RUNNING,
} as const;

/** Every option of a recipe. */
export const OPTIONS = {
  ...BRINGING,
  ...OBJECTIVE,
  ...OPTIMIZING,
  ...LEARNING,
  ...AUGMENTING,
  ...RUNNING,
} as const;

export type OptionName = keyof typeof OPTIONS;

/** Options of what is done before training. */
export type BringingOption = keyof typeof BRINGING;
export const BRINGING_OPTIONS = Object.keys(BRINGING) as BringingOption[];
