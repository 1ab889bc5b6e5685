import { existsSync } from 'node:fs';
import { z } from 'zod';
import { InputError } from '../errors.js';
import type { WeightMap } from '../model/index.js';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.js';
import type { ProgramState } from './program/index.js';
import { bestSchema, lossScaleSchema, patienceSchema } from './watch/index.js';

const progressSchema = z.object({
  /** Steps done since the start. */
  step: z.number().int(),
  /** Epochs done. */
  epoch: z.number().int(),
  /** Steps done in the epoch under way. */
  stepInEpoch: z.number().int(),
  /** Updates applied since the start: steps less those that were skipped. */
  updates: z.number().int(),
  /** Updates applied before each stage of gradual unfreezing that has begun. */
  stageStarts: z.array(z.number().int()).default([0]),
  /** Steps skipped since the start, and the last ones in a row. */
  skipped: z.number().int(),
  skippedInARow: z.number().int(),
  /** Sum and number of the losses of the epoch under way. */
  lossSum: z.number(),
  lossCount: z.number().int(),
  /** Training time so far, in seconds. */
  seconds: z.number(),
  /** The best evaluation so far. */
  best: bestSchema.nullable(),
  /** What early stopping remembers. */
  patience: patienceSchema.nullable(),
  /** Whether the run ended before its last epoch, because it no longer improved. */
  stopped: z.boolean(),
  /** The last epoch whose end went into the average of weights. */
  averagedEpoch: z.number().int(),
  /** State of the dynamic loss scale. */
  lossScale: lossScaleSchema.nullable(),
  /** Training images counted in the epoch under way, where labels are wrong on purpose. */
  noise: z
    .object({
      clean: z.number(),
      cleanRight: z.number(),
      changed: z.number(),
      memorized: z.number(),
      corrected: z.number(),
    })
    .nullable(),
});

/** Where a run is. */
export type Progress = z.output<typeof progressSchema>;

/** Where a run starts. */
export const START: Progress = {
  step: 0,
  epoch: 0,
  stepInEpoch: 0,
  updates: 0,
  stageStarts: [0],
  skipped: 0,
  skippedInARow: 0,
  lossSum: 0,
  lossCount: 0,
  seconds: 0,
  best: null,
  patience: null,
  stopped: false,
  averagedEpoch: 0,
  lossScale: null,
  noise: null,
};

/** What a run needs to go on, in one file: every variable, and where it is. */
export interface Checkpoint {
  state: ProgramState;
  progress: Progress;
  /** Tells the run: a checkpoint of another recipe or other data is refused. */
  identity: string;
}

const SCOPES = ['weights', 'optimizer', 'averages'] as const;

/** Writes a checkpoint as one safetensors file, aside and renamed: the file is whole at every moment. */
export async function writeCheckpoint(
  path: string,
  { state, progress, identity }: Checkpoint,
): Promise<void> {
  const tensors: WeightMap = new Map(
    SCOPES.flatMap((scope) =>
      [...(state[scope] ?? [])].map(([name, tensor]) => [`${scope}/${name}`, tensor] as const),
    ),
  );
  await writeSafetensors(path, tensors, { metadata: { progress: JSON.stringify(progress), identity } });
}

/**
 * Reads a checkpoint.
 *
 * @throws InputError when it is missing, damaged, or no checkpoint
 */
export function readCheckpoint(path: string): Checkpoint {
  if (!existsSync(path)) {
    throw new InputError(
      `There is no checkpoint at ${path} to resume from: the run ended before its first one. ` +
        'Leave out --resume to start anew, in another folder (--out).',
    );
  }
  const { tensors, metadata } = readSafetensors(path);
  const progress = parseProgress(metadata.progress);
  if (!progress || !metadata.identity) {
    throw new InputError(`${path} is no checkpoint of a run: it lacks the run's progress.`);
  }
  const part = (scope: string): WeightMap =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(`${scope}/`))
        .map(([name, tensor]) => [name.slice(scope.length + 1), tensor]),
    );
  const averages = part('averages');
  return {
    state: {
      weights: part('weights'),
      optimizer: part('optimizer'),
      ...(averages.size > 0 && { averages }),
    },
    progress,
    identity: metadata.identity,
  };
}

function parseProgress(text = ''): Progress | undefined {
  try {
    return progressSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
