import { LOSS, lossFragment } from '../../loss/index.js';
import { buildForward, type Forward, type Model, type VariableSpec, Variables } from '../../model/index.js';
import { initializer } from '../../model/initializers.js';
import { recomputedGradients, segmentForward } from '../../model/segments/index.js';
import { slotsOf } from '../../optimize/index.js';
import { layerOf } from '../../patterns.js';
import { reuses, type SubBatch } from '../../sam/index.js';
import type { Graph, Output } from '../../tensorflow/index.js';
import { BATCH, batchFragment, type Slice, shownAs, slicesFragment } from './batch.js';
import { branchOf } from './devices.js';
import type { ProgramOptions } from './options.js';
import { ONE_BATCH } from './plan.js';
import { DIRECTION, type StepPass, type SumScope } from './step-graph.js';

/** The training forward pass of a model, and which of its weights learn. */
export function trainingForward(model: Model, { frozen = new Set(), frozenNorms = false }: ProgramOptions) {
  const layers = new Set([...frozen].map(layerOf));
  const forward = buildForward(model.topology, {
    training: true,
    imageSize: model.imageSize,
    normMode: frozenNorms ? 'moving' : 'batch',
    frozen: (layer) => layers.has(layer),
  });
  const trained = forward.weights.filter(({ name, trainable }) => trainable && !frozen.has(name));
  return { forward, trained };
}

/** Every variable of a program. */
export interface ProgramVariables {
  /** Weights and moving statistics. */
  weights: Variables;
  /** State of the optimizer, and directions that a method reuses. */
  slots: Variables;
  /** Averages of `weights`, where they are kept. */
  averages?: Variables;
  sums: (scope: SumScope) => Variables;
}

const zeros = (name: string, shape: readonly number[]): VariableSpec => ({
  name,
  shape,
  initializer: initializer('zeros', 'zeros'),
});

/** Adds the variables. Those of sums are added when they are first asked for. */
export function addVariables(
  graph: Graph,
  forward: Forward,
  trained: readonly VariableSpec[],
  { optimizer, sam, averaged = false }: ProgramOptions,
): ProgramVariables {
  const slots = slotsOf(optimizer);
  const directions =
    sam && reuses(sam.method) ? trained.map(({ name, shape }) => zeros(`${name}${DIRECTION}`, shape)) : [];
  const statistics = forward.weights.filter(({ trainable }) => !trainable);
  const sums = new Map<SumScope, Variables>();
  const summed: Record<SumScope, () => VariableSpec[]> = {
    update: () => [...trained, ...directions, ...statistics].map(({ name, shape }) => zeros(name, shape)),
    ascent: () => [...trained, ...statistics].map(({ name, shape }) => zeros(name, shape)),
  };
  return {
    weights: new Variables(graph, forward.weights, { scope: 'weights' }),
    slots: new Variables(
      graph,
      [
        ...trained.flatMap(({ name, shape }) =>
          slots.map((slot) => ({
            name: `${name}/${slot.name}`,
            shape,
            initializer: initializer(slot.start, slot.start),
          })),
        ),
        ...directions,
      ],
      { scope: 'optimizer' },
    ),
    ...(averaged && { averages: new Variables(graph, forward.weights, { scope: 'averages' }) }),
    sums(scope) {
      let variables = sums.get(scope);
      if (!variables) {
        variables = new Variables(graph, summed[scope](), { scope: `${scope}_sums` });
        sums.set(scope, variables);
      }
      return variables;
    },
  };
}

/** The images of a run, made ready and cut into sub-batches. */
export interface BatchNodes {
  slices: readonly Slice[];
  /** Images that the ascent of a sub-batch takes; undefined: all of it. */
  ascent?: number;
}

/** Adds augmentation, targets, the teacher's answers, and the sub-batches. */
export function addBatch(
  graph: Graph,
  model: Model,
  forward: Forward,
  options: ProgramOptions,
): BatchNodes & { teacher?: Variables } {
  const { plan = ONE_BATCH, ascentFraction = 1, distill, sam } = options;
  graph.import(batchFragment(model, forward.classes, options), 'batch');
  const teacher = distill && addTeacher(graph, distill.teacher, model.imageSize);
  const { subBatch, replicas } = plan;
  const partial = sam !== undefined && ascentFraction < 1 && subBatch > 0;
  const ascent = partial ? Math.max(1, Math.round(ascentFraction * subBatch)) : undefined;
  const { fragment, slices } = slicesFragment({
    subBatch,
    replicas,
    ...(ascent !== undefined && { ascent }),
    teacher: teacher !== undefined,
  });
  const bindings: Record<string, Output> = {
    images: `batch/${BATCH.images}`,
    targets: `batch/${BATCH.targets}`,
    seed: `batch/${BATCH.seed}`,
    first: `batch/${BATCH.first}`,
    ...(teacher && { teacher: teacher.logits }),
  };
  graph.import(fragment, 'slices', bindings);
  // A parameter that was bound is no node of its own.
  const at = (output: Output): Output => bindings[output] ?? `slices/${output}`;
  const placed = ({ images, targets, teacher: taught }: Omit<Slice, 'seed' | 'ascent'>) => ({
    images: at(images),
    targets: at(targets),
    ...(taught !== undefined && { teacher: at(taught) }),
  });
  return {
    slices: slices.map((each) => ({ ...placed(each), seed: at(each.seed), ascent: placed(each.ascent) })),
    ...(ascent !== undefined && ascent < subBatch && { ascent }),
    ...(teacher && { teacher: teacher.variables }),
  };
}

function addTeacher(graph: Graph, teacher: Model, size: number): { variables: Variables; logits: Output } {
  const { topology, imageSize } = teacher;
  const forward = buildForward(topology, { training: false, imageSize });
  const variables = new Variables(graph, forward.weights, { scope: 'teacher_weights' });
  graph.import(shownAs(teacher, size), 'teacher_input', { shown: `batch/${BATCH.shown}` });
  graph.import(forward.fragment, 'teacher', {
    ...Object.fromEntries(forward.weights.map(({ name }) => [name, variables.read(name)])),
    images: 'teacher_input/images',
  });
  return { variables, logits: `teacher/${forward.logits}` };
}

/** A pass of the training graph, with what each layer gives: to find out where something went wrong. */
export interface TracedPass {
  prefix: string;
  outputs: readonly (readonly [layer: string, output: Output])[];
}

/** A model with what its program has made of it. */
export interface TrainedModel extends Pick<Model, 'topology' | 'imageSize'> {
  forward: Forward;
  trained: readonly VariableSpec[];
  variables: ProgramVariables;
}

/** The sub-batches of a run, ready for their passes; each pass that is added is told to `traced`. */
export function subBatchesOf(
  graph: Graph,
  model: TrainedModel,
  { slices }: BatchNodes,
  options: ProgramOptions,
  traced: TracedPass[],
): SubBatch<StepPass>[] {
  const { forward, trained, variables } = model;
  const names = trained.map(({ name }) => name);
  const segments = options.recompute
    ? segmentForward(model.topology, forward, { imageSize: model.imageSize })
    : undefined;
  const own = new Set(names);
  const read = (name: string) => variables.weights.read(name);
  const rest = Object.fromEntries(
    forward.weights.filter(({ name }) => !own.has(name)).map(({ name }) => [name, read(name)]),
  );
  const { distill, loss = 'cross-entropy', classWeights } = options;
  const criterion = lossFragment({
    loss,
    classes: forward.classes,
    ...(classWeights && { classWeights }),
    ...(distill && { distill: { alpha: distill.alpha, temperature: distill.temperature } }),
  });
  return slices.map((slice, i) => ({
    prefix: slices.length === 1 ? '' : branchOf(i),
    weights: names,
    read,
    ...(options.lossScaled && { lossScale: 'loss_scale' }),
    pass(prefix, values, rows): StepPass {
      const { images, targets, teacher } = rows === 'all' ? slice : slice.ascent;
      const bindings = { ...rest, ...values, images, ...(forward.random && { seed: slice.seed }) };
      graph.import(forward.fragment, prefix, bindings);
      const logits = `${prefix}/${forward.logits}`;
      graph.import(criterion, `${prefix}/objective`, {
        [LOSS.logits]: logits,
        [LOSS.targets]: targets,
        ...(teacher !== undefined && { [LOSS.teacher]: teacher }),
      });
      traced.push({
        prefix,
        outputs: [...forward.outputs].map(([layer, output]) => [layer, `${prefix}/${output}`] as const),
      });
      return {
        loss: `${prefix}/objective/${LOSS.loss}`,
        ...(segments && {
          gradients: (loss, weights, at) =>
            recomputedGradients(graph, { segments, prefix, bindings, loss, weights, at }),
        }),
        logits,
        statistics: new Map(
          forward.statistics.flatMap(({ layer, batchMean, batchVariance }) => [
            [`${layer}/moving_mean`, `${prefix}/${batchMean}`] as const,
            [`${layer}/moving_variance`, `${prefix}/${batchVariance}`] as const,
          ]),
        ),
      };
    },
  }));
}
