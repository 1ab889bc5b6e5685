import type { Model } from '../model/index.js';
import type { Progress } from './checkpoint.js';
import { Program, type ProgramState } from './program/index.js';
import type { Settings } from './settings.js';

/**
 * The program of the stage under way. Where layers thaw, another graph takes over with all of the state: what is frozen
 * costs no gradient.
 */
export class StagedProgram {
  #stage = 0;
  #program: Program;
  /** Updates applied before each stage that has begun. */
  #starts: number[] = [0];

  constructor(
    private readonly model: Model,
    private readonly settings: Settings,
  ) {
    this.#program = this.#create();
  }

  get current(): Program {
    return this.#program;
  }

  /** Goes on to the stage of an epoch, counted from 0. Where that is a new one, `progress` notes when it began. */
  async enter(progress: Pick<Progress, 'epoch' | 'updates' | 'stageStarts'>): Promise<void> {
    const stage = this.#stageAt(progress.epoch);
    if (stage === this.#stage) return;
    const state = await this.#program.state();
    await this.#move(stage, progress);
    await this.#program.start(state);
  }

  /** Starts anew where a checkpoint is, with its state. */
  async restore(
    progress: Pick<Progress, 'epoch' | 'updates' | 'stageStarts'>,
    state: ProgramState,
  ): Promise<void> {
    const stage = this.#stageAt(progress.epoch);
    if (stage !== this.#stage) await this.#move(stage, progress);
    await this.#program.start(state);
  }

  async #move(stage: number, progress: Pick<Progress, 'updates' | 'stageStarts'>): Promise<void> {
    await this.#program.close();
    progress.stageStarts[stage] ??= progress.updates;
    this.#starts = progress.stageStarts;
    this.#stage = stage;
    this.#program = this.#create();
  }

  #stageAt(epoch: number): number {
    return this.settings.stages.findLastIndex(({ fromEpoch }) => fromEpoch <= epoch);
  }

  #create(): Program {
    const { program, stages } = this.settings;
    const { frozen } = stages[this.#stage]!;
    // What is thawed stays so: a weight has trained since the first stage that does not freeze it.
    const sinceOf = (weight: string) => this.#starts[stages.findIndex((each) => !each.frozen.has(weight))]!;
    return Program.create(this.model, { ...program, frozen, ...(this.#stage > 0 && { sinceOf }) });
  }

  close(): Promise<void> {
    return this.#program.close();
  }
}
