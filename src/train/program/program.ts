import {
  addInference,
  buildForward,
  type Forward,
  type InferenceNodes,
  type Model,
  runInference,
  Variables,
  type WeightMap,
} from '../model/index.js';
import { initializer } from '../model/initializers.js';
import {
  OPTIMIZERS,
  type OptimizerName,
  STATISTICS,
  statisticsFragment,
  UPDATE,
  updateFragment,
} from '../optimize/index.js';
import { addObjective, type Pass } from '../sam/index.js';
import { Fragment, Graph, type Output, Session, type SessionConfig, Tensor } from '../tensorflow/index.js';
import { type BatchFragmentOptions, batchFragment } from './batch-fragment.js';
import { LOSS, lossFragment } from './loss.js';

/** What is fixed when a training graph is assembled. */
export interface ProgramOptions extends BatchFragmentOptions {
  optimizer: OptimizerName;
  momentum: number;
  weightDecay: number;
  clipNorm?: number;
  /** Take the gradient at w + e. Without it a step has one pass. */
  sam: boolean;
  /** Momentum of the moving statistics; undefined for each layer's own. */
  bnMomentum?: number;
  /** Seed of masks and augmentation. */
  seed: number;
  session?: SessionConfig;
}

/** What one step is told. */
export interface StepInput {
  /** uint8 `[batch, height, width, 3]` */
  images: Tensor;
  /** int32 `[batch]` */
  labels: Tensor;
  /** Steps done before this one: it selects the masks, and counts Adam's updates. */
  step: number;
  learningRate: number;
  rho: number;
}

/** What one step says. */
export interface StepResult {
  /** Loss at w. */
  loss: number;
  /** Loss at w + e; undefined without SAM. */
  perturbedLoss?: number;
  /** Norm of the gradient that the optimizer got, before clipping. */
  gradNorm: number;
}

const WEIGHTS = 'weights';
const SLOTS = 'optimizer';

/**
 * The whole training step as one TensorFlow graph, with its session: augmentation, both passes, both gradients,
 * the update, and the moving statistics; beside it the inference pass on the same variables. Its one owner
 * calls {@link Program.close}.
 */
export class Program {
  readonly #graph: Graph;
  readonly #session: Session;
  readonly #weights: Variables;
  readonly #slots: Variables;
  readonly #inference: InferenceNodes;
  readonly #fetches: Readonly<Record<string, Output>>;
  readonly #targets: readonly string[];
  readonly #options: ProgramOptions;
  readonly #model: Model;

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
    this.#graph = graph;
    this.#options = options;
    this.#model = model;
    const forward = buildForward(model.topology, { training: true, imageSize: model.imageSize });
    const trained = forward.weights.filter(({ trainable }) => trainable).map(({ name }) => name);
    const { slots } = OPTIMIZERS[options.optimizer];
    this.#weights = new Variables(graph, forward.weights, { scope: WEIGHTS });
    this.#slots = new Variables(
      graph,
      forward.weights
        .filter(({ trainable }) => trainable)
        .flatMap(({ name, shape }) =>
          slots.map((slot) => ({
            name: `${name}/${slot}`,
            shape,
            initializer: initializer('zeros', 'zeros'),
          })),
        ),
      { scope: SLOTS },
    );

    graph.import(batchFragment(model, forward, options), 'batch');
    graph.import(scalarsFragment());
    const loss = lossFragment();
    const read = (name: string) => this.#weights.read(name);
    const frozen = forward.weights
      .filter(({ trainable }) => !trainable)
      .map(({ name }) => [name, read(name)]);
    const objective = addObjective(graph, {
      weights: trained,
      read,
      rho: options.sam ? 'rho' : undefined,
      pass: (prefix, values): Pass => {
        graph.import(forward.fragment, prefix, {
          ...Object.fromEntries(frozen),
          ...values,
          images: 'batch/images',
          ...(forward.random && { seed: 'batch/seed' }),
        });
        const [logits, targets] = [`${prefix}/${forward.logits}`, 'batch/targets'];
        graph.import(loss, `${prefix}/objective`, { [LOSS.logits]: logits, [LOSS.targets]: targets });
        return { loss: `${prefix}/objective/${LOSS.loss}` };
      },
    });
    this.#addUpdate(trained, objective.gradients);
    this.#targets = [`update/${UPDATE.done}`, ...this.#addStatistics(forward)];
    this.#fetches = {
      loss: objective.clean.loss,
      gradNorm: `update/${UPDATE.norm}`,
      ...(objective.perturbed && { perturbedLoss: objective.perturbed.loss }),
    };
    this.#inference = addInference(graph, model, this.#weights, { prefix: 'inference' });
    this.#session = new Session(graph, options.session);
  }

  #addUpdate(trained: readonly string[], gradients: ReadonlyMap<string, Output>): void {
    const { slots } = OPTIMIZERS[this.#options.optimizer];
    const bindings: Record<string, Output> = {
      [UPDATE.learningRate]: 'learning_rate',
      [UPDATE.step]: 'step',
    };
    const fragment = updateFragment(trained, this.#options);
    trained.forEach((name, i) => {
      bindings[UPDATE.gradient(i)] = gradients.get(name)!;
      bindings[UPDATE.variable(i)] = this.#weights.handle(name);
      for (const slot of slots) bindings[UPDATE.slot(i, slot)] = this.#slots.handle(`${name}/${slot}`);
      if (fragment.has(UPDATE.value(i))) bindings[UPDATE.value(i)] = this.#weights.read(name);
    });
    this.#graph.import(fragment, 'update', bindings);
  }

  /** Statistics come from the pass at w only: the perturbed pass must not leave a trace in the model. */
  #addStatistics({ statistics }: Forward): string[] {
    if (statistics.length === 0) return [];
    const all = statistics.flatMap(({ layer, batchMean, batchVariance, momentum }) => [
      { name: `${layer}/moving_mean`, batch: batchMean, momentum: this.#options.bnMomentum ?? momentum },
      {
        name: `${layer}/moving_variance`,
        batch: batchVariance,
        momentum: this.#options.bnMomentum ?? momentum,
      },
    ]);
    const bindings: Record<string, Output> = {};
    all.forEach(({ name, batch }, i) => {
      bindings[STATISTICS.moving(i)] = this.#weights.handle(name);
      bindings[STATISTICS.read(i)] = this.#weights.read(name);
      bindings[STATISTICS.batch(i)] = `clean/${batch}`;
    });
    this.#graph.import(statisticsFragment(all.map(({ momentum }) => momentum)), 'statistics', bindings);
    return [`statistics/${STATISTICS.done}`];
  }

  /** Gives the variables their values: the model's weights, drawn as the model draws them, or those of a checkpoint. */
  async start(state?: ProgramState): Promise<void> {
    const { seed } = this.#model;
    await this.#weights.start(this.#session, state?.weights ?? this.#model.weights, { seed });
    await this.#slots.start(this.#session, state?.optimizer ?? new Map(), { seed });
  }

  /** One step: both gradients and the update, in one run. */
  async step({ images, labels, step, learningRate, rho }: StepInput): Promise<StepResult> {
    const scalars = [
      ['batch/seed', Tensor.from('int64', [BigInt(this.#options.seed >>> 0), BigInt(step)])],
      ['learning_rate', Tensor.from('float32', [learningRate], [])],
      ['step', Tensor.from('float32', [step + 1], [])],
      ...(this.#options.sam ? [['rho', Tensor.from('float32', [rho], [])] as const] : []),
    ] as const;
    const names = Object.keys(this.#fetches);
    try {
      const outputs = await this.#session.run(
        [['batch/pixels', images], ['batch/labels', labels], ...scalars],
        names.map((name) => this.#fetches[name]!),
        this.#targets,
      );
      const values = outputs.map((output) => output.item());
      for (const output of outputs) output.dispose();
      return Object.fromEntries(names.map((name, i) => [name, values[i]])) as unknown as StepResult;
    } finally {
      for (const [, tensor] of scalars) tensor.dispose();
    }
  }

  /** Logits at the present weights, float32 `[batch, classes]`; the caller keeps `images` and owns the result. */
  logits(images: Tensor): Promise<Tensor<'float32'>> {
    return runInference(this.#session, this.#inference, images);
  }

  /** The present weights, copied. */
  weights(): Promise<WeightMap> {
    return this.#weights.values(this.#session);
  }

  /** All that a later run needs to go on from here, copied. */
  async state(): Promise<ProgramState> {
    return { weights: await this.weights(), optimizer: await this.#slots.values(this.#session) };
  }

  async close(): Promise<void> {
    await this.#session.close();
    this.#graph.dispose();
  }
}

/** The variables of a program. */
export interface ProgramState {
  weights: WeightMap;
  optimizer: WeightMap;
}

function scalarsFragment(): Fragment {
  const f = new Fragment();
  f.input('learning_rate', 'float32', []);
  f.input('step', 'float32', []);
  f.input('rho', 'float32', []);
  return f;
}
