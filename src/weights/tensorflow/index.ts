/** TensorFlow's own files: checkpoints, SavedModels and frozen graphs, their values through TensorFlow itself. */
export { type CheckpointFile, isCheckpoint, readCheckpoint } from './checkpoint.js';
export { EXTRA_FILE, readExtra } from './extra.js';
export { isSavedModel, readSavedModel, type SavedModelFile } from './saved-model.js';
export { type SavedGraph, type SavedModelOptions, writeSavedModel } from './write-saved-model.js';
