import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { bootstrapHard, bootstrapSoft } from './bootstrap.js';
import { crossEntropy } from './cross-entropy.js';
import { focal } from './focal.js';
import { generalizedCrossEntropy } from './generalized-cross-entropy.js';
import type { Loss } from './loss.js';
import { symmetricCrossEntropy } from './symmetric-cross-entropy.js';

/** Losses by name. */
export const LOSSES = {
  'cross-entropy': crossEntropy,
  'binary-cross-entropy': binaryCrossEntropy,
  focal,
  'bootstrap-soft': bootstrapSoft,
  'bootstrap-hard': bootstrapHard,
  'generalized-cross-entropy': generalizedCrossEntropy,
  'symmetric-cross-entropy': symmetricCrossEntropy,
} satisfies Record<string, Loss>;

/** A name of {@link LOSSES}. */
export type LossName = keyof typeof LOSSES;
