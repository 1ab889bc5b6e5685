import { createHash } from 'node:crypto';
import { attr, type Feeds, Fragment, type Graph, type Output, type Session } from '../../tensorflow/index.js';

/** What is looked through, in the order in which it is computed. */
export interface Suspects {
  /** Float32 outputs of the graph, each with the name to report: layers front to back, gradients back to front. */
  outputs: readonly (readonly [layer: string, output: Output])[];
  /** The feeds of the run in which something was not finite: the same seed gives the same masks. */
  feeds: Feeds;
}

const FINITE = 'finite';

/**
 * Finds where NaN or infinity came up first, by computing everything once more and looking at each output. The graph
 * grows by what looks, once for the same outputs; the session's variables are read, not changed.
 *
 * @returns the name of the first output that is not finite; undefined where all are
 */
export async function firstNonFinite(
  graph: Graph,
  session: Session,
  { outputs, feeds }: Suspects,
): Promise<string | undefined> {
  if (outputs.length === 0) return undefined;
  const names = outputs.map(([, output]) => output);
  const prefix = `non_finite_${createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 16)}`;
  const finite = `${prefix}/${FINITE}`;
  if (!graph.has(finite)) {
    const bindings = Object.fromEntries(names.map((output, i) => [value(i), output]));
    graph.import(finiteFragment(names.length), prefix, bindings);
  }
  const [flags] = await session.run(feeds, [finite]);
  try {
    const first = Array.from(flags!.data, Boolean).indexOf(false);
    return outputs[first]?.[0];
  } finally {
    flags!.dispose();
  }
}

const value = (i: number) => `value_${i}`;

/** For each of `count` parameters whether all of its values are finite: bool `[count]`. */
function finiteFragment(count: number): Fragment {
  const f = new Fragment();
  const flags = Array.from({ length: count }, (_, i) => {
    const values = f.reshape(f.input(value(i)), [-1]);
    return f.op('All', [f.math('IsFinite', [values]), f.ints(0)], {
      Tidx: attr.type('int32'),
      keep_dims: attr.bool(false),
    });
  });
  f.op('Pack', flags, { N: attr.int(count), T: attr.type('bool'), axis: attr.int(0) }, FINITE);
  return f;
}
