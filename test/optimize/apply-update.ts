import { Variables } from '../../src/model/index.js';
import { initializer } from '../../src/model/initializers.js';
import { OPTIMIZERS, UPDATE, type UpdateOptions, updateFragment } from '../../src/optimize/index.js';
import { Fragment, Graph, Session, Tensor } from '../../src/tensorflow/index.js';

export interface Updates {
  /** Start values by weight. */
  weights: Readonly<Record<string, readonly number[]>>;
  /** One gradient an update, by weight. */
  gradients: readonly Readonly<Record<string, readonly number[]>>[];
  learningRate: number;
}

export interface Updated {
  weights: Record<string, number[]>;
  /** State of the optimizer, as `weight/slot`. */
  slots: Record<string, number[]>;
  /** What the fragment says of the norm, an update. */
  norms: number[];
}

/** Applies updates by the fragment of an optimizer, one after another. */
export async function applyUpdates(
  options: UpdateOptions,
  { weights, gradients, learningRate }: Updates,
): Promise<Updated> {
  const graph = new Graph();
  const names = Object.keys(weights);
  const { slots } = OPTIMIZERS[options.optimizer];
  const specOf = (name: string, weight: string) => ({
    name,
    shape: [weights[weight]!.length],
    initializer: initializer('zeros', 'zeros'),
  });
  const variables = new Variables(
    graph,
    names.map((name) => specOf(name, name)),
    { scope: 'weights' },
  );
  const state = new Variables(
    graph,
    names.flatMap((name) => slots.map((slot) => specOf(`${name}/${slot}`, name))),
    { scope: 'slots' },
  );
  const inputs = new Fragment();
  inputs.input('rate', 'float32', []);
  inputs.input('number', 'float32', []);
  for (const i of names.keys()) inputs.input(`gradient${i}`);
  graph.import(inputs);
  const fragment = updateFragment(names, options);
  const bindings: Record<string, string> = { [UPDATE.learningRate]: 'rate', [UPDATE.step]: 'number' };
  names.forEach((name, i) => {
    bindings[UPDATE.gradient(i)] = `gradient${i}`;
    bindings[UPDATE.variable(i)] = variables.handle(name);
    for (const slot of slots) bindings[UPDATE.slot(i, slot)] = state.handle(`${name}/${slot}`);
    if (fragment.has(UPDATE.value(i))) bindings[UPDATE.value(i)] = variables.read(name);
  });
  graph.import(fragment, 'update', bindings);
  const session = new Session(graph);
  try {
    const start = Object.entries(weights).map(([name, values]) => {
      return [name, { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }] as const;
    });
    await variables.start(session, new Map(start), { seed: 0 });
    await state.start(session, new Map(), { seed: 0 });
    const norms: number[] = [];
    for (const [number, gradient] of gradients.entries()) {
      const feeds: [string, Tensor][] = [
        ['rate', Tensor.from('float32', [learningRate], [])],
        ['number', Tensor.from('float32', [number + 1], [])],
      ];
      names.forEach((name, i) => {
        feeds.push([`gradient${i}`, Tensor.from('float32', gradient[name]!)]);
      });
      const [norm] = await session.run(feeds, [`update/${UPDATE.norm}`], [`update/${UPDATE.done}`]);
      norms.push(norm!.item());
      for (const tensor of [norm!, ...feeds.map(([, each]) => each)]) tensor.dispose();
    }
    const copied = async (from: Variables) =>
      Object.fromEntries(
        [...(await from.values(session))].map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
      );
    return { weights: await copied(variables), slots: await copied(state), norms };
  } finally {
    await session.close();
    graph.dispose();
  }
}
