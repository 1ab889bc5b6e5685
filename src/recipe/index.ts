/** Recipes as data: one schema for the library, config files, flags, and `config.json`. */
export { mixes } from './contradictions.js';
export { readRecipeFile } from './file.js';
export { defaultOf, GROUPS, OPTIONS, type OptionEntry, type OptionName } from './options.js';
export {
  choicesOf,
  defineRecipe,
  defineTraining,
  flagOf,
  isSwitch,
  type Recipe,
  type RecipeInput,
  type TrainingRecipe,
  takesNumber,
} from './recipe.js';
