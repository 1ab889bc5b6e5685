import type { Forward, VariableSpec } from '../../model/index.js';
import { gated } from '../../optimize/gate.js';
import {
  decayMask,
  isDecayed,
  OPTIMIZERS,
  type Optimizer,
  STATISTICS,
  slotsOf,
  statisticsFragment,
  UPDATE,
  updateFragment,
} from '../../optimize/index.js';
import { layerOf } from '../../patterns.js';
import type { ByWeight } from '../../sam/index.js';
import { attr, Fragment, type Graph, type Output } from '../../tensorflow/index.js';
import type { ProgramVariables } from './assemble.js';
import type { ProgramOptions } from './options.js';
import { DIRECTION, type Scalars, type StepKind } from './step-graph.js';

/** One run of the graph. */
export interface GraphRun {
  scalars: Scalars;
  targets: readonly string[];
  /** The likeliest class of each image that the pass at w took, where the run has one and they are asked for. */
  classes?: Output;
}

/** A kind of step as runs: phases over all images of an update, then what is applied once. */
export interface StepRuns {
  phases: readonly { first: GraphRun; more: GraphRun }[];
  /** Undefined where the only run applies the update itself. */
  apply?: GraphRun;
  /** The gradient that goes into the update, by weight. */
  gradients: ByWeight;
  ascents: StepKind['ascents'];
}

export interface FinishOptions {
  prefix: string;
  forward: Forward;
  trained: readonly VariableSpec[];
  variables: ProgramVariables;
  options: ProgramOptions;
}

/** Name of the placeholder that says whether the sums of an update are sound. */
export const SOUND = 'sound';

/**
 * Adds what follows on the gradient of a step: the update, the moving statistics and the directions that are kept, all
 * of them or none: none where a loss or a norm is not a number.
 */
export function finishStep(graph: Graph, step: StepKind, given: FinishOptions): StepRuns {
  const { prefix } = given;
  const single = step.phases.length === 1 && !step.phases[0]!.sums;
  const [phase] = step.phases;
  // What the phases of an update gave is judged outside; what is known only at its end, here.
  const proceed = single
    ? addGate(graph, `${prefix}_gate`, Object.values(phase!.scalars))
    : addGate(graph, `${prefix}_gate`, Object.values(step.scalars), SOUND);
  const update = addUpdate(graph, step, proceed, given);
  const targets = [
    update.done,
    ...addStatistics(graph, step, update.applied, given),
    ...addDirections(graph, step, update.applied, given),
  ];
  const end: Scalars = { ...step.scalars, gradNorm: update.norm, applied: update.applied };
  if (single) {
    const run = { scalars: { ...phase!.scalars, ...end }, targets, ...classesOf(0) };
    return { phases: [{ first: run, more: run }], gradients: step.gradients, ascents: step.ascents };
  }
  return {
    phases: step.phases.map(({ scalars, sums }, i) => ({
      first: { scalars, targets: [sums!.first], ...classesOf(i) },
      more: { scalars, targets: [sums!.more], ...classesOf(i) },
    })),
    apply: { scalars: end, targets },
    gradients: step.gradients,
    ascents: step.ascents,
  };

  function classesOf(index: number): { classes?: Output } {
    const { logits } = step.phases[index]!;
    if (!given.options.predictions || logits.length === 0) return {};
    return { classes: addClasses(graph, `${prefix}_classes`, logits) };
  }
}

/** The likeliest class of each image, int32 `[images]`, sub-batch after sub-batch. */
function addClasses(graph: Graph, prefix: string, logits: readonly Output[]): Output {
  if (graph.has(`${prefix}/classes`)) return `${prefix}/classes`;
  const f = new Fragment();
  const int = attr.type('int32');
  const float = attr.type('float32');
  const classes = logits.map((_, i) =>
    f.op('ArgMax', [f.input(`x${i}`), f.constant(Int32Array.of(-1), [])], {
      T: float,
      Tidx: int,
      output_type: int,
    }),
  );
  const axis = f.constant(Int32Array.of(0), []);
  const all =
    classes.length === 1
      ? classes[0]!
      : f.op('ConcatV2', [...classes, axis], { T: int, Tidx: int, N: attr.int(classes.length) });
  f.identity(all, 'classes', { dtype: 'int32' });
  graph.import(f, prefix, Object.fromEntries(logits.map((output, i) => [`x${i}`, output])));
  return `${prefix}/classes`;
}

/** Whether all of `scalars` are finite, and `and` holds. */
function addGate(graph: Graph, prefix: string, scalars: readonly Output[], and?: Output): Output {
  if (and !== undefined && scalars.length === 0) return and;
  const f = new Fragment();
  const finite = scalars.map((_, i) =>
    f.op('IsFinite', [f.input(`x${i}`, 'float32', [])], { T: attr.type('float32') }),
  );
  if (and !== undefined) finite.push(f.input('and', 'bool', []));
  const all = finite.reduce((a, b) => f.op('LogicalAnd', [a, b]));
  f.identity(all, 'proceed', { dtype: 'bool' });
  const bindings = Object.fromEntries(scalars.map((output, i) => [`x${i}`, output]));
  graph.import(f, prefix, { ...bindings, ...(and !== undefined && { and }) });
  return `${prefix}/proceed`;
}

function addUpdate(
  graph: Graph,
  { gradients }: StepKind,
  proceed: Output,
  { prefix, trained, variables: { weights, slots }, options }: FinishOptions,
): { done: string; norm: Output; applied: Output } {
  const { decayExclude = [], decayAll = false, rateOf, sinceOf, isHead = () => false, optimizer } = options;
  const decayed = decayMask(decayExclude, { all: decayAll });
  const row: Optimizer = OPTIMIZERS[optimizer];
  const updated = trained.map(({ name, shape }) => {
    // A classifier that starts at zeros has no size that a step could be adapted or clipped to.
    const adapted = isDecayed(name) && !isHead(name);
    const rate = (rateOf?.(name) ?? 1) * (adapted ? 1 : (row.unadaptedRate ?? 1));
    return {
      name,
      shape,
      decayed: decayed(name),
      rate,
      adapted,
      clipped: !isHead(name),
      ...(sinceOf && { since: sinceOf(name) }),
    };
  });
  const fragment = updateFragment(updated, options);
  const at = `${prefix}_update`;
  const bindings: Record<string, Output> = {
    [UPDATE.learningRate]: 'learning_rate',
    [UPDATE.step]: 'updates',
    [UPDATE.proceed]: proceed,
  };
  trained.forEach(({ name }, i) => {
    bindings[UPDATE.gradient(i)] = gradients.get(name)!;
    bindings[UPDATE.variable(i)] = weights.handle(name);
    for (const { name: slot } of slotsOf(optimizer))
      bindings[UPDATE.slot(i, slot)] = slots.handle(`${name}/${slot}`);
    if (fragment.has(UPDATE.value(i))) bindings[UPDATE.value(i)] = weights.read(name);
  });
  for (const name of Object.keys(bindings)) if (!fragment.has(name)) delete bindings[name];
  graph.import(fragment, at, bindings);
  return { done: `${at}/${UPDATE.done}`, norm: `${at}/${UPDATE.norm}`, applied: `${at}/${UPDATE.applied}` };
}

/** Statistics come from the pass at w only: the perturbed pass must not leave a trace in the model. */
function addStatistics(
  graph: Graph,
  { statistics }: StepKind,
  proceed: Output,
  { prefix, forward, variables: { weights }, options }: FinishOptions,
): string[] {
  if (statistics.size === 0) return [];
  const momenta = new Map(forward.statistics.map(({ layer, momentum }) => [layer, momentum]));
  const bindings: Record<string, Output> = { [STATISTICS.proceed]: proceed };
  const own = [...statistics].map(([name, output], i) => {
    bindings[STATISTICS.moving(i)] = weights.handle(name);
    bindings[STATISTICS.read(i)] = weights.read(name);
    bindings[STATISTICS.batch(i)] = output;
    return options.bnMomentum ?? momenta.get(layerOf(name))!;
  });
  const at = `${prefix}_moving`;
  graph.import(statisticsFragment(own), at, bindings);
  return [`${at}/${STATISTICS.done}`];
}

/** Keeps the directions for the steps without ascent. */
function addDirections(
  graph: Graph,
  { directions }: StepKind,
  proceed: Output,
  { prefix, variables: { slots } }: FinishOptions,
): string[] {
  if (!directions) return [];
  const f = new Fragment();
  const at = `${prefix}_directions`;
  const open = f.input('proceed', 'bool', []);
  const bindings: Record<string, Output> = { proceed };
  const nodes = [...directions].map(([name, output], i) => {
    bindings[`x${i}`] = output;
    bindings[`kept${i}`] = slots.handle(`${name}${DIRECTION}`);
    const value = gated(f, f.input(`x${i}`), open);
    return f.op('AssignVariableOp', [f.input(`kept${i}`, 'resource'), value], {
      dtype: attr.type('float32'),
    });
  });
  const after = nodes.map((node) => `^${node}`);
  f.op('NoOp', after, {}, 'done');
  graph.import(f, at, bindings);
  return [`${at}/done`];
}
