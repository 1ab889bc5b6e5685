import type { Variables } from '../../model/index.js';
import {
  addDescent,
  addMean,
  addPerturbation,
  addReuse,
  type ByWeight,
  type Combined,
  cleanGradients,
  combines,
  type Pass,
  type PassGradients,
  perturbedGradients,
  perturbedWeights,
  type SamOptions,
  type SubBatch,
} from '../../sam/index.js';
import type { Graph, Output } from '../../tensorflow/index.js';
import type { Plan } from './plan.js';
import { addSums, type SumTargets } from './sums.js';

/** A pass whose batch normalizations tell their statistics. */
export interface StepPass extends Pass {
  /** Statistics of the batch, by the weight that follows them. */
  statistics: ByWeight;
  /** float32 `[rows, classes]` */
  logits: Output;
}

export interface StepGraphOptions {
  subBatches: readonly SubBatch<StepPass>[];
  plan: Plan;
  /** Without it the gradient is taken at w. */
  sam?: SamOptions;
  /** The ascent gradient is of a part of each sub-batch. */
  partialAscent: boolean;
  /** Add the step without ascent as well. */
  between: boolean;
  read: (weight: string) => Output;
  rho: Output;
  /** Of the update: int64 `[2]`. */
  seed: Output;
  seedOf: (subBatch: number) => Output;
  /** The direction that looksam reuses. */
  direction: (weight: string) => Output;
  /** Where the means over the runs of an update are kept; asked only where there is more than one run. */
  sums: (scope: SumScope) => Variables;
}

/** What is summed: gradients at w for one perturbation of all runs, or what goes into the update. */
export type SumScope = 'ascent' | 'update';

/** A scalar by name that each run gives, as a mean over its sub-batches. */
export type Scalars = Readonly<Record<string, Output>>;

/** Runs of the graph over all images of an update. */
export interface Phase {
  scalars: Scalars;
  /** Sums that the run adds to; undefined where the update is within the run. */
  sums?: SumTargets;
  /** Logits of the pass at w, a node a sub-batch, where the phase has it. */
  logits: readonly Output[];
}

/** One kind of step: phases in their order, and what then goes into the update. */
export interface StepKind {
  phases: readonly Phase[];
  gradients: ByWeight;
  directions?: ByWeight;
  statistics: ByWeight;
  /** Scalars that are known only at the end. */
  scalars: Scalars;
  /** Gradients that it ascends by, of every sub-batch, by weight; none where it does not ascend. */
  ascents: readonly (readonly [weight: string, gradient: Output])[];
}

export interface StepGraph {
  /** The step of the method; without SAM, of the base optimizer. */
  main: StepKind;
  /** The step between two of them. */
  between?: StepKind;
}

/** Assembles the gradient of a step out of its sub-batches. */
export function addStep(graph: Graph, options: StepGraphOptions): StepGraph {
  const { subBatches, plan, sam, partialAscent, between, read, rho, seed, seedOf } = options;
  if (!sam)
    return {
      main: plainStep(
        graph,
        options,
        subBatches.map((each) => cleanGradients(graph, each, { rows: 'all' })),
      ),
    };
  const names = subBatches[0]!.weights;
  const rows = partialAscent ? 'ascent' : 'all';
  const perturbed = perturbedWeights(names, sam);
  // Gradients that a run does not fetch are not computed in it, so one set serves both kinds of steps.
  const all = combines(sam.method) || (between && !partialAscent);
  const ascents = subBatches.map((each) =>
    cleanGradients(graph, each, { rows, weights: all ? names : perturbed }),
  );
  const main = plan.sync ? syncStep() : ownStep();
  if (!between) return { main };
  const clean = partialAscent
    ? subBatches.map((each) => cleanGradients(graph, each, { rows: 'all' }))
    : ascents;
  const plain = plainStep(graph, options, clean, 'between');
  return {
    main,
    between: { ...plain, gradients: addReuse(graph, '', sam, plain.gradients, options.direction) },
  };

  /** Every sub-batch has a perturbation of its own. */
  function ownStep(): StepKind {
    const norms: Output[] = [];
    const passes: PassGradients<StepPass>[] = [];
    const combined = subBatches.map((each, i): Combined => {
      const { gradients } = ascents[i]!;
      const { prefix } = each;
      const { values, norm } = addPerturbation(graph, {
        prefix,
        sam: sam!,
        weights: perturbed,
        read,
        gradients,
        rho,
        seed: seedOf(i),
      });
      const descent = perturbedGradients(graph, each, values);
      norms.push(norm);
      passes.push(descent);
      return addDescent(graph, prefix, sam!, gradients, descent.gradients);
    });
    const scalars = addMean(
      graph,
      'scalars',
      subBatches.map(
        (_, i) =>
          new Map([
            ['loss', ascents[i]!.pass.loss],
            ['perturbedLoss', passes[i]!.pass.loss],
            ['ascentNorm', norms[i]!],
          ]),
      ),
    );
    const directions = combined.flatMap((each) => each.directions ?? []);
    return gathered(graph, options, {
      prefix: 'mean',
      ascents: ascents.flatMap(({ gradients }) => [...gradients]),
      scalars,
      passes: ascents,
      gradients: addMean(
        graph,
        'mean',
        combined.map((each) => each.gradients),
      ),
      ...(directions.length > 0 && { directions: addMean(graph, 'mean_direction', directions) }),
    });
  }

  /** One perturbation for all: the mean gradient at w comes first. */
  function syncStep(): StepKind {
    const own = addMean(
      graph,
      'ascent_mean',
      ascents.map(({ gradients }) => gradients),
    );
    const statistics = meanStatistics(graph, ascents, 'ascent_statistics');
    const summed =
      plan.rounds > 1
        ? kept(graph, options, 'ascent', 'ascent_sum', new Map([...own, ...statistics]))
        : undefined;
    const gradients = summed ? pick(own.keys(), summed.read) : own;
    const { values, norm } = addPerturbation(graph, {
      prefix: '',
      sam: sam!,
      weights: perturbed,
      read,
      gradients,
      rho,
      seed,
    });
    const descents = subBatches.map((each) => perturbedGradients(graph, each, values));
    const mean = addMean(
      graph,
      'mean',
      descents.map((each) => each.gradients),
    );
    const loss = { loss: meanLoss(graph, 'loss', ascents) };
    const perturbedLoss = { perturbedLoss: meanLoss(graph, 'perturbed_loss', descents) };
    const logits = ascents.map(({ pass }) => pass.logits);
    if (!summed) {
      const scalars = { ...loss, ...perturbedLoss, ascentNorm: norm };
      return {
        ascents: [...gradients],
        phases: [{ scalars, logits }],
        scalars: {},
        statistics,
        ...addDescent(graph, '', sam!, gradients, mean),
      };
    }
    const { targets, read: sum } = kept(graph, options, 'update', 'sum', mean);
    return {
      ascents: [...gradients],
      phases: [
        { scalars: loss, sums: summed.targets, logits },
        { scalars: perturbedLoss, sums: targets, logits: [] },
      ],
      scalars: { ascentNorm: norm },
      statistics: pick(statistics.keys(), summed.read),
      ...addDescent(graph, '', sam!, gradients, pick(mean.keys(), sum)),
    };
  }
}

function plainStep(
  graph: Graph,
  options: StepGraphOptions,
  passes: readonly PassGradients<StepPass>[],
  prefix = 'plain',
): StepKind {
  const scalars = new Map([['loss', meanLoss(graph, `${prefix}_loss`, passes)]]);
  const gradients = addMean(
    graph,
    `${prefix}_mean`,
    passes.map((each) => each.gradients),
  );
  return gathered(graph, options, { prefix, scalars, passes, gradients });
}

interface Gathered {
  prefix: string;
  scalars: ByWeight;
  /** The passes at w. */
  passes: readonly PassGradients<StepPass>[];
  gradients: ByWeight;
  directions?: ByWeight;
  /** @default none */
  ascents?: StepKind['ascents'];
}

/** Behind the name of a weight: the variable of its direction. */
export const DIRECTION = '/direction';

/** A step of one phase: its means go into the update as they are, or over the runs. */
function gathered(graph: Graph, options: StepGraphOptions, { prefix, passes, ...step }: Gathered): StepKind {
  const { gradients, directions = new Map<string, Output>(), ascents = [] } = step;
  const statistics = meanStatistics(graph, passes, `${prefix}_statistics`);
  const logits = passes.map(({ pass }) => pass.logits);
  const scalars = Object.fromEntries(step.scalars);
  const has = directions.size > 0;
  if (options.plan.rounds === 1) {
    const phases = [{ scalars, logits }];
    return { ascents, phases, scalars: {}, gradients, statistics, ...(has && { directions }) };
  }
  const named = [...directions].map(([name, output]) => [`${name}${DIRECTION}`, output] as const);
  const parts = new Map([...gradients, ...named, ...statistics]);
  const { targets, read } = kept(graph, options, 'update', `${prefix}_sum`, parts);
  return {
    ascents,
    phases: [{ scalars, sums: targets, logits }],
    scalars: {},
    gradients: pick(gradients.keys(), read),
    statistics: pick(statistics.keys(), read),
    ...(has && { directions: pick(directions.keys(), (name) => read(`${name}${DIRECTION}`)) }),
  };
}

function kept(
  graph: Graph,
  { sums, plan }: StepGraphOptions,
  scope: SumScope,
  prefix: string,
  parts: ByWeight,
): { targets: SumTargets; read: (name: string) => Output } {
  const variables = sums(scope);
  const targets = addSums(graph, prefix, variables, { parts, rounds: plan.rounds });
  return { targets, read: (name) => variables.read(name) };
}

const pick = (names: Iterable<string>, read: (name: string) => Output): ByWeight =>
  new Map([...names].map((name) => [name, read(name)]));

function meanLoss(graph: Graph, prefix: string, passes: readonly PassGradients<StepPass>[]): Output {
  return addMean(
    graph,
    prefix,
    passes.map(({ pass }) => new Map([['loss', pass.loss]])),
  ).get('loss')!;
}

const meanStatistics = (graph: Graph, passes: readonly PassGradients<StepPass>[], prefix: string): ByWeight =>
  addMean(
    graph,
    prefix,
    passes.map(({ pass }) => pass.statistics),
  );
