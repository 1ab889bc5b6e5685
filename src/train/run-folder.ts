import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Task } from '../data/dataset.js';
import { type NoisyTask, writeNoise } from '../data/noise/index.js';
import { InputError } from '../errors.js';
import type { Model } from '../model/index.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import { writeModel } from '../weights/model-folder.js';
import { type Checkpoint, type Progress, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import type { TrainEvent } from './events.js';

/** Folder within a linear probe's own, with the features that it trains on: they are there before the run is. */
export const FEATURES = 'features';

/** A run on disk: `config.json`, `metrics.jsonl`, `checkpoints/`, and `model/` with the best weights. */
export class RunFolder {
  private constructor(readonly path: string) {}

  /**
   * A folder for a new run. Nothing is written yet.
   *
   * @throws InputError when it holds anything already, but for the features of a linear probe
   */
  static at(path: string, { linearProbe }: Pick<TrainingRecipe, 'linearProbe'>): RunFolder {
    let files: string[] = [];
    try {
      files = readdirSync(path).filter((name) => !(linearProbe && name === FEATURES));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw new InputError(
          `The run cannot be written to ${path}: it is no folder. Name another with --out.`,
        );
      }
    }
    if (files.length === 0) return new RunFolder(path);
    const what = existsSync(join(path, 'config.json')) ? 'another run' : `files (${files[0]}, ...)`;
    throw new InputError(
      `The folder ${path} holds ${what}. Name another with --out, or go on with a run that was interrupted by --resume.`,
    );
  }

  /** Whether a folder holds nothing but the features that a linear probe computed before it was stopped. */
  static holdsFeaturesAlone(path: string): boolean {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    return isFolder && readdirSync(path).join() === FEATURES;
  }

  /** The folder of a run that is to be resumed. */
  static open(path: string): RunFolder {
    if (!existsSync(join(path, 'config.json'))) {
      throw new InputError(`There is no run in ${path} to resume. Name the run's folder with --out.`);
    }
    return new RunFolder(path);
  }

  get #checkpoint(): string {
    return join(this.path, 'checkpoints', 'last.safetensors');
  }

  get #metrics(): string {
    return join(this.path, 'metrics.jsonl');
  }

  /** Where the best weights are. */
  get model(): string {
    return join(this.path, 'model');
  }

  /** The recipe that the run began with, as it was written: keys may be missing. */
  get recipe(): Record<string, unknown> {
    try {
      return JSON.parse(readFileSync(join(this.path, 'config.json'), 'utf8')).recipe ?? {};
    } catch (error) {
      throw new InputError(`${join(this.path, 'config.json')} cannot be read: ${(error as Error).message}.`);
    }
  }

  /** Writes what was resolved: recipe, versions, seed. */
  writeConfig(config: object): void {
    mkdirSync(join(this.path, 'checkpoints'), { recursive: true });
    const path = join(this.path, 'config.json');
    writeFileSync(`${path}.tmp-${process.pid}`, `${JSON.stringify(config, null, 2)}\n`);
    renameSync(`${path}.tmp-${process.pid}`, path);
  }

  /** Records which labels are wrong, where some are so on purpose. */
  writeNoise(task: Task): void {
    if (task.noise) writeNoise(this.path, task as NoisyTask);
  }

  /** Appends one event to the metrics. */
  log(event: TrainEvent): void {
    appendFileSync(this.#metrics, `${JSON.stringify(event)}\n`);
  }

  saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    return writeCheckpoint(this.#checkpoint, checkpoint);
  }

  /**
   * The last checkpoint; what was logged after it is taken back, since those steps are done again.
   *
   * @throws InputError when it is not of the run that `identity` tells: nothing is taken back then
   */
  loadCheckpoint(identity: string): Checkpoint {
    const checkpoint = readCheckpoint(this.#checkpoint);
    if (checkpoint.identity !== identity) {
      throw new InputError(
        `The run in ${this.path} was started with another recipe or other data. Resume it with the same, or ` +
          'name another folder with --out.',
      );
    }
    if (existsSync(this.#metrics)) {
      const kept = readFileSync(this.#metrics, 'utf8')
        .split('\n')
        .filter((line) => isBefore(line, checkpoint.progress));
      writeFileSync(`${this.#metrics}.tmp-${process.pid}`, kept.map((line) => `${line}\n`).join(''));
      renameSync(`${this.#metrics}.tmp-${process.pid}`, this.#metrics);
    }
    return checkpoint;
  }

  /** Replaces the model by better weights. */
  async saveModel(model: Model, metadata: Record<string, unknown>): Promise<void> {
    await writeModel(this.model, model, { metadata });
  }
}

/** Whether a line of the metrics tells of what was done before a checkpoint; a half-written last line does not. */
function isBefore(line: string, { step, epoch }: Progress): boolean {
  try {
    const event = JSON.parse(line) as TrainEvent;
    return event.event === 'step' ? event.step <= step : event.epoch <= epoch;
  } catch {
    return false;
  }
}
