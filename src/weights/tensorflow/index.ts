/** TensorFlow's own files: checkpoints, SavedModels and frozen graphs, their values through TensorFlow itself. */
export { type CheckpointFile, isCheckpoint, readCheckpoint } from './checkpoint.js';
export { isSavedModel, readSavedModel, type SavedModelFile } from './saved-model.js';
