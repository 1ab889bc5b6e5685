/** The training step as a graph of its own, and the session that runs it. */
export type { Mixing } from './batch.js';
export { gpusFor } from './devices.js';
export type { ProgramOptions, StepBatch, StepInput, StepResult } from './options.js';
export { type Plan, planOf } from './plan.js';
export { Program, type ProgramState, type WhichWeights } from './program.js';
