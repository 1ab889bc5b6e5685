import { Variables } from '../../src/model/index.js';
import { initializer } from '../../src/model/initializers.js';
import {
  slotsOf,
  UPDATE,
  type UpdatedWeight,
  type UpdateOptions,
  updateFragment,
} from '../../src/optimize/index.js';
import { Fragment, Graph, Session, sizeOf, Tensor } from '../../src/tensorflow/index.js';

/** Values by name. */
export type Values = Record<string, number[]>;

export interface Updates {
  /** Start values by weight. */
  weights: Readonly<Record<string, readonly number[]>>;
  /** How a weight is updated, and its shape. @default one dimension, and the defaults of the fragment */
  of?: Readonly<Record<string, Partial<UpdatedWeight>>>;
  /** One gradient an update, by weight. */
  gradients: readonly Readonly<Record<string, readonly number[]>>[];
  /** Of all updates, or of each. */
  learningRate: number | readonly number[];
  /** Whether each update shall take place. @default all */
  proceed?: readonly boolean[];
}

export interface Updated {
  weights: Values;
  /** State of the optimizer, as `weight/slot`. */
  slots: Values;
  /** What the fragment says of the norm, an update. */
  norms: number[];
  /** Whether it took place, an update. */
  applied: boolean[];
}

/** Applies updates by the fragment of an optimizer, one after another. */
export async function applyUpdates(options: UpdateOptions, updates: Updates): Promise<Updated> {
  const { weights, of = {}, gradients, learningRate, proceed } = updates;
  const graph = new Graph();
  const names = Object.keys(weights);
  const updated = names.map((name) => ({ name, shape: [weights[name]!.length], ...of[name] }));
  const slots = slotsOf(options.optimizer);
  const zeros = initializer('zeros', 'zeros');
  const variables = new Variables(
    graph,
    updated.map(({ name, shape }) => ({ name, shape, initializer: zeros })),
    { scope: 'weights' },
  );
  const state = new Variables(
    graph,
    updated.flatMap(({ name, shape }) =>
      slots.map((slot) => ({
        name: `${name}/${slot.name}`,
        shape,
        initializer: initializer(slot.start, slot.start),
      })),
    ),
    { scope: 'slots' },
  );
  const inputs = new Fragment();
  inputs.input('rate', 'float32', []);
  inputs.input('number', 'float32', []);
  inputs.input('proceed', 'bool', []);
  updated.forEach(({ shape }, i) => {
    inputs.input(`gradient${i}`, 'float32', shape);
  });
  graph.import(inputs);
  const fragment = updateFragment(updated, options);
  const bindings: Record<string, string> = {
    [UPDATE.learningRate]: 'rate',
    [UPDATE.step]: 'number',
    [UPDATE.proceed]: 'proceed',
  };
  names.forEach((name, i) => {
    bindings[UPDATE.gradient(i)] = `gradient${i}`;
    bindings[UPDATE.variable(i)] = variables.handle(name);
    for (const slot of slots) bindings[UPDATE.slot(i, slot.name)] = state.handle(`${name}/${slot.name}`);
    if (fragment.has(UPDATE.value(i))) bindings[UPDATE.value(i)] = variables.read(name);
  });
  graph.import(fragment, 'update', bindings);
  const session = new Session(graph, { grappler: false });
  try {
    const start = updated.map(({ name, shape }) => {
      const data = Float32Array.from(weights[name]!);
      if (data.length !== sizeOf(shape)) throw new Error(`${name} has ${data.length} values.`);
      return [name, { dtype: 'float32', shape, data }] as const;
    });
    await variables.start(session, new Map(start), { seed: 0 });
    await state.start(session, new Map(), { seed: 0 });
    const norms: number[] = [];
    const applied: boolean[] = [];
    for (const [number, gradient] of gradients.entries()) {
      const rate = typeof learningRate === 'number' ? learningRate : learningRate[number]!;
      const feeds: [string, Tensor][] = [
        ['rate', Tensor.from('float32', [rate], [])],
        ['number', Tensor.from('float32', [number + 1], [])],
        ['proceed', Tensor.from('bool', [(proceed?.[number] ?? true) ? 1 : 0], [])],
      ];
      updated.forEach(({ name, shape }, i) => {
        feeds.push([`gradient${i}`, Tensor.from('float32', gradient[name]!, shape)]);
      });
      const fetched = await session.run(
        feeds,
        [`update/${UPDATE.norm}`, `update/${UPDATE.applied}`],
        [`update/${UPDATE.done}`],
      );
      norms.push(fetched[0]!.item());
      applied.push(Boolean(fetched[1]!.data[0]));
      for (const tensor of [...fetched, ...feeds.map(([, each]) => each)]) tensor.dispose();
    }
    return { weights: await copied(variables, session), slots: await copied(state, session), norms, applied };
  } finally {
    await session.close();
    graph.dispose();
  }
}

async function copied(variables: Variables, session: Session): Promise<Values> {
  const values = await variables.values(session);
  return Object.fromEntries([...values].map(([name, { data }]) => [name, Array.from(data as Float32Array)]));
}
