import type { Model } from '../model/index.js';
import { Program, type ProgramState } from './program/index.js';
import type { Settings } from './settings.js';

/**
 * The program of the stage under way. Where layers thaw, another graph takes over with all of the state: what is frozen
 * costs no gradient.
 */
export class StagedProgram {
  #stage: number;
  #program: Program;

  constructor(
    private readonly model: Model,
    private readonly settings: Settings,
    epoch: number,
  ) {
    this.#stage = this.#stageAt(epoch);
    this.#program = this.#create();
  }

  get current(): Program {
    return this.#program;
  }

  /** Goes on to the stage of an epoch, counted from 0. */
  async enter(epoch: number): Promise<void> {
    const stage = this.#stageAt(epoch);
    if (stage === this.#stage) return;
    const state = await this.#program.state();
    await this.#program.close();
    this.#stage = stage;
    this.#program = this.#create();
    await this.#program.start(state);
  }

  /** Starts anew at the stage of an epoch, with the state of a checkpoint. */
  async restore(epoch: number, state: ProgramState): Promise<void> {
    const stage = this.#stageAt(epoch);
    if (stage !== this.#stage) {
      await this.#program.close();
      this.#stage = stage;
      this.#program = this.#create();
    }
    await this.#program.start(state);
  }

  #stageAt(epoch: number): number {
    return this.settings.stages.findLastIndex(({ fromEpoch }) => fromEpoch <= epoch);
  }

  #create(): Program {
    const { program, stages } = this.settings;
    return Program.create(this.model, { ...program, frozen: stages[this.#stage]!.frozen });
  }

  close(): Promise<void> {
    return this.#program.close();
  }
}
