/** The files that a model in a folder or repository is made of. */
export interface ModelLayout {
  /** What is opened: a path within the folder; '' is the folder itself. */
  entry: string;
  /** Files that are needed beside it, as far as their names tell. */
  needs: string[];
}

/** How models lie in folders, by the files in them; the first that fits counts. A new way is a row. */
const LAYOUTS: readonly ((files: readonly string[]) => ModelLayout | undefined)[] = [
  // A tfjs model: model.json names its shards.
  (files) => has(files, 'model.json') && { entry: 'model.json', needs: ['model.json'] },
  // A run's folder.
  (files) => has(files, 'model/model.json') && { entry: 'model/model.json', needs: ['model/model.json'] },
  // A SavedModel.
  (files) =>
    has(files, 'saved_model.pb') && {
      entry: '',
      needs: files.filter((file) => /^(saved_model\.pb|keras_metadata\.pb|variables\/.+)$/.test(file)),
    },
  // timm's, and what else of PyTorch is on the hub: config.json says what it is.
  ...['model.safetensors', 'pytorch_model.bin'].map(
    (weights) => (files: readonly string[]) =>
      has(files, weights) && { entry: weights, needs: [weights, ...beside(files)] },
  ),
  // One file of Keras, then one of any other format.
  (files) => only(files, /^[^/]+\.keras$/),
  (files) => only(files, /^[^/]+(?<!\.weights)\.(h5|hdf5)$/),
  (files) => only(files, /^[^/]+\.(safetensors|pth|pt|bin|weights\.h5)$/),
];

/**
 * Which of these files are the model, or undefined where that cannot be told.
 *
 * @param files paths with `/`
 */
export function layoutOf(files: readonly string[]): ModelLayout | undefined {
  for (const layout of LAYOUTS) {
    const found = layout(files);
    if (found) return found;
  }
  return undefined;
}

/** What a file that was asked for by name needs beside it. */
export function layoutOfFile(file: string, files: readonly string[]): ModelLayout {
  return { entry: file, needs: [file, ...beside(files)] };
}

function beside(files: readonly string[]): string[] {
  return files.includes('config.json') ? ['config.json'] : [];
}

function only(files: readonly string[], pattern: RegExp): ModelLayout | undefined {
  const found = files.filter((file) => pattern.test(file));
  return found.length === 1 ? layoutOfFile(found[0] as string, files) : undefined;
}

// `undefined` and not false, so that a row may be one expression.
function has(files: readonly string[], file: string): true | undefined {
  return files.includes(file) || undefined;
}
