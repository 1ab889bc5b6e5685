import { attr, Fragment, type Graph, type Output } from '../../tensorflow/index.js';
import type { Segment } from './segments.js';

export interface RecomputeOptions {
  /** The pieces of the pass. */
  segments: readonly Segment[];
  /** What the pass was imported under. */
  prefix: string;
  /** What its parameters are bound to: images, weights, seed. */
  bindings: Readonly<Record<string, Output>>;
  /** The scalar whose gradient is taken; it depends on the pass by its logits only. */
  loss: Output;
  /** Names of the weights whose gradient is wanted. */
  weights: readonly string[];
  /** Put before the names of the nodes that are added. */
  at: string;
}

const GATE = { value: 'value', after: 'after', input: 'input' } as const;

/**
 * Adds the gradient of a loss for the weights of a forward pass, which keeps of the pass no more than the tensors between
 * its segments. On the way back each segment but the last is computed a second time, from its input, once its gradient
 * has come in: so the values of one segment are there at a time (arXiv 1604.06174). The numbers are those of the plain
 * gradient.
 *
 * @returns for each of `weights` the output that holds its gradient
 * @throws TensorFlowError when an operation on the way has no gradient
 */
export function recomputedGradients(graph: Graph, options: RecomputeOptions): Map<string, Output> {
  const { segments, prefix, bindings, loss, weights, at } = options;
  const wanted = new Set(weights);
  const own = segments.map((segment) => segment.weights.filter((name) => wanted.has(name)));
  const first = own.findIndex((names) => names.length > 0);
  const last = segments.length - 1;
  const gradients = new Map<string, Output>();
  let incoming: Output | undefined;
  for (let i = last; i >= first && first >= 0; i--) {
    const { input, output, fragment } = segments[i]!;
    const scope = `${at}/segment${i}`;
    const given = i === 0 ? bindings[input]! : `${prefix}/${input}`;
    let [x, y] = [given, loss];
    if (incoming !== undefined) {
      // Nothing of the segment can start before its gradient is there.
      graph.import(gateFragment(), `${scope}/gate`, { [GATE.value]: given, [GATE.after]: incoming });
      x = `${scope}/gate/${GATE.input}`;
      y = `${scope}/${output}`;
      graph.import(fragment, scope, { ...parametersOf(fragment, bindings), [input]: x });
    }
    const names = own[i]!;
    const xs = [...names.map((name) => bindings[name]!), ...(i > first ? [x] : [])];
    const under = `${scope}/gradients`;
    const found = graph.gradients([y], xs, under, incoming === undefined ? undefined : [incoming]);
    for (const [k, name] of names.entries()) gradients.set(name, found[k]!);
    incoming = found[names.length];
  }
  return gradients;
}

const parametersOf = (fragment: Fragment, bindings: Readonly<Record<string, Output>>) =>
  Object.fromEntries(Object.entries(bindings).filter(([name]) => fragment.has(name)));

/** A value that is there only after another one. No gradient goes through it. */
function gateFragment(): Fragment {
  const f = new Fragment();
  f.input(GATE.value);
  f.input(GATE.after);
  // A bound parameter gives up its place for data, not for order: the order hangs on a node of the fragment.
  const arrived = f.op('Shape', [GATE.after], { T: attr.type('float32'), out_type: attr.type('int32') });
  f.op('StopGradient', [GATE.value, `^${arrived}`], { T: attr.type('float32') }, GATE.input);
  return f;
}
