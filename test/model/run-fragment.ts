import {
  type Fragment,
  Graph,
  type NumericType,
  type Output,
  Session,
  Tensor,
} from '../../src/tensorflow/index.js';

/** The value of one parameter of a fragment. */
export interface Fed {
  /** @default 'float32' */
  dtype?: NumericType;
  values: ArrayLike<number> | ArrayLike<bigint>;
  /** @default one dimension with all values */
  shape?: readonly number[];
}

/** A value that came out. */
export interface Fetched {
  shape: readonly number[];
  values: number[];
}

/** Runs a fragment by itself, once, and frees all that it took. */
export async function runFragment(
  fragment: Fragment,
  feeds: Readonly<Record<string, Fed>>,
  fetches: readonly Output[],
): Promise<Fetched[]> {
  const graph = new Graph();
  try {
    graph.import(fragment);
    return await runGraph(graph, feeds, fetches);
  } finally {
    graph.dispose();
  }
}

/** Runs a graph once, in a session of its own. */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Fed>>,
  fetches: readonly Output[],
): Promise<Fetched[]> {
  // TensorFlow would rewrite the graph for longer than it runs.
  const session = new Session(graph, { grappler: false });
  try {
    return await runSession(session, feeds, fetches);
  } finally {
    await session.close();
  }
}

/** Runs the graph of a session. */
export async function runSession(
  session: Session,
  feeds: Readonly<Record<string, Fed>>,
  fetches: readonly Output[],
): Promise<Fetched[]> {
  const tensors = Object.entries(feeds).map(([name, { dtype = 'float32', values, shape }]) => {
    return [name, Tensor.from(dtype, values, shape)] as const;
  });
  try {
    const results = await session.run(tensors, fetches);
    const copies = results.map(({ shape, data }) => ({
      shape,
      values: Array.from(data as Float32Array, Number),
    }));
    for (const result of results) result.dispose();
    return copies;
  } finally {
    for (const [, tensor] of tensors) tensor.dispose();
  }
}

/** The int64 `[2]` that selects masks and augmentation: run seed and step. */
export const seedOf = (seed: number, step: number): Fed => ({
  dtype: 'int64',
  values: [BigInt(seed), BigInt(step)],
});
