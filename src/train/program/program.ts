import {
  addInference,
  type Forward,
  type InferenceNodes,
  type Model,
  runInference,
  type Variables,
  type WeightMap,
} from '../../model/index.js';
import { type Feeds, Graph, type Output, Session, Tensor } from '../../tensorflow/index.js';
import { firstNonFinite } from '../watch/index.js';
import {
  addBatch,
  addVariables,
  type ProgramVariables,
  subBatchesOf,
  type TracedPass,
  trainingForward,
} from './assemble.js';
import { Averages } from './averages.js';
import { BATCH } from './batch.js';
import { spread } from './devices.js';
import { feedsOf, predictedPlaces, scalarsFragment, scalarsOf } from './feeds.js';
import { finishStep, type GraphRun, SOUND, type StepRuns } from './finish.js';
import { type Group, groupsOf } from './groups.js';
import type { ProgramOptions, StepInput, StepResult } from './options.js';
import { ONE_BATCH, type Plan } from './plan.js';
import { reestimateStatistics } from './reestimate.js';
import { addStep, DIRECTION } from './step-graph.js';
import { suspectsOf } from './suspects.js';

/** Which of two sets of weights. */
export interface WhichWeights {
  /** The averages instead of the weights that are trained. @default false */
  averaged?: boolean;
}

/** The variables of a program. */
export interface ProgramState {
  weights: WeightMap;
  /** State of the optimizer, and directions that a method reuses. */
  optimizer: WeightMap;
  /** Averages of the weights, where they are kept. */
  averages?: WeightMap;
}

/**
 * The whole training step as one TensorFlow graph, with its session: augmentation, the passes, their gradients,
 * the update, and the moving statistics; beside it the inference pass on the same variables. Its one owner
 * calls {@link Program.close}.
 */
export class Program {
  readonly #graph: Graph;
  readonly #session: Session;
  readonly #variables: ProgramVariables;
  readonly #teacher: Variables | undefined;
  readonly #averages: Averages | undefined;
  readonly #inference: InferenceNodes;
  readonly #main: StepRuns;
  readonly #between: StepRuns | undefined;
  readonly #options: ProgramOptions;
  readonly #plan: Plan;
  readonly #model: Model;
  readonly #forward: Forward;
  readonly #ascent: number | undefined;
  /** The passes of a step, first those at w. */
  readonly passes: readonly TracedPass[];

  /**
   * Assembles the graph. {@link Program.start} gives the variables their values.
   *
   * @throws InputError when the topology holds what is not supported; nothing stays allocated then
   */
  static create(model: Model, options: ProgramOptions): Program {
    const graph = new Graph();
    try {
      return new Program(graph, model, options);
    } catch (error) {
      graph.dispose();
      throw error;
    }
  }

  private constructor(graph: Graph, model: Model, options: ProgramOptions) {
    const { plan = ONE_BATCH, sam, samEvery = 1, samFrom = 0, devices = [] } = options;
    const { topology, imageSize } = model;
    this.#options = options;
    this.#plan = plan;
    this.#model = model;
    const { forward, trained } = trainingForward(model, options);
    this.#forward = forward;
    const variables = addVariables(graph, forward, trained, options);
    this.#variables = variables;
    graph.import(scalarsFragment());
    const batch = addBatch(graph, model, forward, options);
    this.#teacher = batch.teacher;
    this.#ascent = batch.ascent;
    const passes: TracedPass[] = [];
    this.passes = passes;
    const parts = { forward, trained, variables };
    const { main, between } = addStep(graph, {
      subBatches: subBatchesOf(graph, { ...parts, topology, imageSize }, batch, options, passes),
      plan,
      ...(sam && { sam }),
      partialAscent: batch.ascent !== undefined,
      between: samEvery > 1 || samFrom > 0,
      read: (weight) => variables.weights.read(weight),
      rho: 'rho',
      seed: `batch/${BATCH.seed}`,
      seedOf: (subBatch) => batch.slices[subBatch]!.seed,
      direction: (weight) => variables.slots.read(`${weight}${DIRECTION}`),
      sums: variables.sums,
    });
    const finish = { ...parts, options };
    this.#main = finishStep(graph, main, { ...finish, prefix: 'main' });
    if (between) this.#between = finishStep(graph, between, { ...finish, prefix: 'between' });
    this.#inference = addInference(graph, model, variables.weights, { prefix: 'inference' });
    if (variables.averages) this.#averages = new Averages(graph, model, forward, variables);
    this.#graph = devices.length > 1 ? spread(graph, devices) : graph;
    if (this.#graph !== graph) graph.dispose();
    try {
      this.#session = new Session(this.#graph, options.session);
    } catch (error) {
      this.#graph.dispose();
      throw error;
    }
  }

  /** Gives the variables their values: the model's weights, drawn as the model draws them, or those of a checkpoint. */
  async start(state?: ProgramState): Promise<void> {
    const { seed } = this.#model;
    const { weights, slots, averages } = this.#variables;
    await weights.start(this.#session, state?.weights ?? this.#model.weights, { seed });
    await slots.start(this.#session, state?.optimizer ?? new Map(), { seed });
    const teacher = this.#options.distill?.teacher;
    if (teacher) await this.#teacher!.start(this.#session, teacher.weights, { seed: teacher.seed });
    if (!averages) return;
    if (state?.averages) await averages.start(this.#session, state.averages, { seed });
    else await averages.start(this.#session, await weights.values(this.#session), { seed });
  }

  /** Whether a step ascends, where only some do. */
  ascends(step: number): boolean {
    const { samEvery = 1, samFrom = 0 } = this.#options;
    return step >= samFrom && (step - samFrom) % samEvery === 0;
  }

  /** One update: all gradients that it needs, and what is made of them. */
  async step(input: StepInput): Promise<StepResult> {
    const runs = this.ascends(input.step) ? this.#main : this.#between!;
    const shared = scalarsOf(input, this.#options.seed);
    const { groups, dispose } = groupsOf(input.batches, this.#plan);
    try {
      return await this.#run(runs, groups, shared);
    } finally {
      dispose();
      for (const [, tensor] of shared) tensor.dispose();
    }
  }

  async #run(runs: StepRuns, groups: readonly Group[], shared: Feeds): Promise<StepResult> {
    const { phases, apply } = runs;
    const result: Record<string, number> = {};
    const classes: number[] = [];
    for (const { first, more } of phases) {
      for (const [i, group] of groups.entries()) {
        const place = Tensor.from('int32', [group.first], []);
        const feeds = feedsOf(group, place, shared);
        try {
          await this.#once(i === 0 ? first : more, feeds, { result, share: 1 / groups.length, classes });
        } finally {
          place.dispose();
        }
      }
    }
    if (apply) {
      const sound = Tensor.from('bool', [Number(Object.values(result).every(Number.isFinite))], []);
      try {
        await this.#once(apply, [[SOUND, sound], ...shared], { result, share: 1, classes });
      } finally {
        sound.dispose();
      }
    }
    const { applied, ...numbers } = result;
    return {
      ...(numbers as { loss: number; gradNorm: number }),
      applied: applied === 1,
      ...(this.#options.predictions && {
        predictions: {
          images: predictedPlaces(groups, this.#plan, runs === this.#main ? this.#ascent : undefined),
          classes: Int32Array.from(classes),
        },
      }),
    };
  }

  /** One run of the graph: scalars are added to `result` as shares of a mean, and classes are appended. */
  async #once(
    { scalars, targets, classes }: GraphRun,
    feeds: Feeds,
    into: { result: Record<string, number>; share: number; classes: number[] },
  ): Promise<void> {
    const names = Object.keys(scalars);
    const wanted: Output[] = names.map((name) => scalars[name]!);
    if (classes !== undefined) wanted.push(classes);
    const outputs = await this.#session.run(feeds, wanted, targets);
    names.forEach((name, i) => {
      into.result[name] = (into.result[name] ?? 0) + outputs[i]!.item() * into.share;
    });
    if (classes !== undefined) into.classes.push(...(outputs.at(-1)!.data as Int32Array));
    for (const output of outputs) output.dispose();
  }

  /**
   * Where a step that was not applied first gave something that is not finite: a layer, or the gradient of a weight.
   *
   * @param input that of the step
   */
  async firstNonFinite(input: StepInput): Promise<string | undefined> {
    const runs = this.ascends(input.step) ? this.#main : this.#between!;
    const shared = scalarsOf(input, this.#options.seed);
    const { groups, dispose } = groupsOf(input.batches, this.#plan);
    const outputs = suspectsOf(runs, { passes: this.passes, partialAscent: this.#ascent !== undefined });
    try {
      for (const group of groups) {
        const place = Tensor.from('int32', [group.first], []);
        const feeds = feedsOf(group, place, shared);
        try {
          const found = await firstNonFinite(this.#graph, this.#session, { outputs, feeds });
          if (found !== undefined) return found;
        } finally {
          place.dispose();
        }
      }
      return undefined;
    } finally {
      dispose();
      for (const [, tensor] of shared) tensor.dispose();
    }
  }

  /**
   * Moves the averages towards the present weights: average = decay average + (1 - decay) weight. Moving statistics
   * are averaged as well.
   */
  average(decay: number): Promise<void> {
    return this.#averages!.move(this.#session, decay);
  }

  /**
   * Measures the statistics of batch normalization anew, as means over batches, at the present weights or at their
   * averages.
   */
  async reestimate(
    batches: AsyncIterable<StepInput['batches'][number]>,
    { averaged = false }: WhichWeights = {},
  ): Promise<void> {
    const variables = averaged ? this.#variables.averages! : this.#variables.weights;
    await reestimateStatistics({
      graph: this.#graph,
      session: this.#session,
      forward: this.#forward,
      variables,
      batches,
      seed: this.#options.seed,
    });
  }

  /** Logits, float32 `[batch, classes]`; the caller keeps `images` and owns the result. */
  logits(images: Tensor, { averaged = false }: WhichWeights = {}): Promise<Tensor<'float32'>> {
    const nodes = averaged ? this.#averages!.inference : this.#inference;
    return runInference(this.#session, nodes, images);
  }

  /** Weights, copied. */
  weights({ averaged = false }: WhichWeights = {}): Promise<WeightMap> {
    const { weights, averages } = this.#variables;
    return (averaged ? averages! : weights).values(this.#session);
  }

  /** All that a later run needs to go on from here, copied. */
  async state(): Promise<ProgramState> {
    const { weights, slots, averages } = this.#variables;
    return {
      weights: await weights.values(this.#session),
      optimizer: await slots.values(this.#session),
      ...(averages && { averages: await averages.values(this.#session) }),
    };
  }

  async close(): Promise<void> {
    await this.#session.close();
    this.#graph.dispose();
  }
}
