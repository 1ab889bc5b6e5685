import type { Variables } from '../../model/index.js';
import { attr, Fragment, type Graph, type Output } from '../../tensorflow/index.js';

/** Nodes that add a run's part: with the first run of an update, and with the others. */
export interface SumTargets {
  first: string;
  more: string;
}

/**
 * Adds the means over the runs of one update, in variables: memory of one gradient, whatever the number of runs. The
 * first run of an update overwrites what was there, the others add, so that nothing has to be cleared.
 *
 * @param parts what each run adds, by the name of its variable
 * @param rounds number of runs that the means are over
 */
export function addSums(
  graph: Graph,
  prefix: string,
  variables: Variables,
  { parts, rounds }: { parts: ReadonlyMap<string, Output>; rounds: number },
): SumTargets {
  const f = new Fragment();
  const bindings: Record<string, Output> = {};
  const dtype = { dtype: attr.type('float32') };
  const share = f.scalar(1 / rounds);
  const nodes = { first: [] as string[], more: [] as string[] };
  [...parts].forEach(([name, output], i) => {
    bindings[`x${i}`] = output;
    bindings[`sum${i}`] = variables.handle(name);
    const part = f.math('Mul', [f.input(`x${i}`), share]);
    const sum = f.input(`sum${i}`, 'resource');
    nodes.first.push(f.op('AssignVariableOp', [sum, part], dtype));
    nodes.more.push(f.op('AssignAddVariableOp', [sum, part], dtype));
  });
  for (const kind of ['first', 'more'] as const) {
    const after = nodes[kind].map((node) => `^${node}`);
    f.op('NoOp', after, {}, kind);
  }
  graph.import(f, prefix, bindings);
  return { first: `${prefix}/first`, more: `${prefix}/more` };
}
