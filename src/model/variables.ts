import {
  attr,
  type Feeds,
  Fragment,
  type Graph,
  type Output,
  type Session,
  sizeOf,
  Tensor,
} from '../tensorflow/index.js';
import type { Initializer } from './initializers.js';
import type { WeightMap } from './weights.js';

/** A variable of the graph: a weight, a moving statistic, or state of the optimizer. */
export interface VariableSpec {
  name: string;
  shape: readonly number[];
  /** Draws the start value when none is given. */
  initializer: Initializer;
}

/** A number of a weight's own, from its name (FNV-1a, 32 bits): the draw of one weight does not hang on others. */
function nameHash(name: string): bigint {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return BigInt(hash);
}

/**
 * A set of float32 variables in a graph, by name. It adds the nodes; values live in the session.
 * Within the graph a variable's handle is `scope/name`.
 */
export class Variables {
  readonly specs: readonly VariableSpec[];
  readonly scope: string;

  constructor(graph: Graph, specs: readonly VariableSpec[], { scope }: { scope: string }) {
    this.specs = specs;
    this.scope = scope;
    const f = new Fragment();
    const dtype = attr.type('float32');
    f.input('seed', 'int64', []);
    for (const { name, shape, initializer } of specs) {
      const assign = (value: Output, node: string) =>
        f.op('AssignVariableOp', [name, value], { dtype }, node);
      const shared_name = attr.string(`${scope}/${name}`);
      f.op(
        'VarHandleOp',
        [],
        { dtype, shape: attr.shape(shape), shared_name, container: attr.string('') },
        name,
      );
      f.op('ReadVariableOp', [name], { dtype }, `${name}/read`);
      assign(f.input(`${name}/value`, 'float32', shape), `${name}/assign`);
      f.within(`${name}/start`, () => {
        const own = f.constant(BigInt64Array.of(nameHash(name)), []);
        const seed = f.op('Pack', ['seed', own], {
          T: attr.type('int64'),
          N: attr.int(2),
          axis: attr.int(0),
        });
        assign(initializer(f, shape, seed), `${name}/draw`);
      });
    }
    graph.import(f, scope);
  }

  /** The resource that operations of TensorFlow's optimizers update. */
  handle(name: string): Output {
    return `${this.scope}/${name}`;
  }

  /** The value, as an output. */
  read(name: string): Output {
    return `${this.scope}/${name}/read`;
  }

  /**
   * Gives every variable a value: from `values` where they have one of its name, else drawn by its initializer.
   *
   * @param seed of the draws
   */
  async start(session: Session, values: WeightMap, { seed }: { seed: number }): Promise<void> {
    const given = this.specs.filter(({ name }) => values.has(name));
    const drawn = this.specs.filter(({ name }) => !values.has(name));
    const feeds: [Output, Tensor][] = [];
    try {
      for (const { name, shape } of given) {
        const { data } = values.get(name)!;
        if (!(data instanceof Float32Array) || data.length !== sizeOf(shape)) {
          throw new Error(`Expected ${sizeOf(shape)} float32 values for '${name}', received ${data.length}.`);
        }
        feeds.push([`${this.scope}/${name}/value`, Tensor.from('float32', data, shape)]);
      }
      feeds.push([`${this.scope}/seed`, Tensor.from('int64', [BigInt(seed)], [])]);
      await session.run(
        feeds,
        [],
        [
          ...given.map(({ name }) => `${this.scope}/${name}/assign`),
          ...drawn.map(({ name }) => `${this.scope}/${name}/draw`),
        ],
      );
    } finally {
      release(feeds);
    }
  }

  /** Gives some variables other values. The others keep theirs. */
  async assign(session: Session, values: WeightMap): Promise<void> {
    const feeds: [Output, Tensor][] = [];
    try {
      for (const [name, { data, shape }] of values) {
        feeds.push([`${this.scope}/${name}/value`, Tensor.from('float32', data as Float32Array, shape)]);
      }
      const targets = [...values.keys()].map((name) => `${this.scope}/${name}/assign`);
      await session.run(feeds, [], targets);
    } finally {
      release(feeds);
    }
  }

  /** The values of all variables, copied out of the session. */
  async values(session: Session): Promise<WeightMap> {
    const tensors = await session.run(
      [],
      this.specs.map(({ name }) => this.read(name)),
    );
    try {
      return new Map(
        this.specs.map(({ name, shape }, i) => [
          name,
          { dtype: 'float32', shape, data: Float32Array.from(tensors[i]!.data as Float32Array) },
        ]),
      );
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
  }
}

function release(feeds: Feeds): void {
  for (const [, tensor] of feeds) tensor.dispose();
}
