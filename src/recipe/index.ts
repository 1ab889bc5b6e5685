/** Recipes as data: one schema for the library, config files, flags, and `config.json`. */
export { readRecipeFile } from './file.js';
export { GROUPS, OPTIONS, type OptionEntry, type OptionName } from './options.js';
export {
  choicesOf,
  defaultOf,
  defineRecipe,
  defineTraining,
  flagOf,
  isSwitch,
  type Recipe,
  type RecipeInput,
  type TrainingRecipe,
  takesNumber,
} from './recipe.js';
