import { hasGpu } from './has-gpu.js';
import {
  type Attributes,
  attr,
  bytes,
  type FieldWriter,
  type Message,
  message,
  text,
  varint,
} from './proto.js';
import type { DataType } from './types.js';

/** An output of a node, by name: `node`, or `node:1` for an output other than the first. */
export type Output = string;

/** GraphDef version of the op semantics used here; any TensorFlow of the last years accepts it. */
const PRODUCER_VERSION = 1882;
const VERSIONS = bytes(4, message(varint(1, PRODUCER_VERSION)));

/**
 * A piece of a TensorFlow graph as data: a GraphDef that grows node by node. Its placeholders are its
 * parameters; `Graph.import` puts a copy into a graph and binds them to other outputs there. The same
 * fragment can be imported many times: the forward pass on w, and on w + epsilon.
 */
export class Fragment {
  #nodes: FieldWriter[] = [];
  #names = new Set<string>();
  #counts = new Map<string, number>();
  #constants = new Map<string, Output>();
  #scope = '';
  #compiled = false;

  /**
   * Adds one node.
   *
   * @param op TensorFlow's name of the operation
   * @param inputs outputs of nodes of this fragment; `^name` orders without data
   * @param attributes see {@link attr}
   * @param name defaults to the scope and the op's name
   * @returns its first output
   */
  op(op: string, inputs: readonly Output[] = [], attributes: Attributes = {}, name?: string): Output {
    const own = name ?? this.#freshName(op);
    if (this.#names.has(own)) throw new Error(`Fragment already has a node '${own}'.`);
    this.#names.add(own);
    this.#nodes.push(
      bytes(
        1,
        message(
          text(1, own),
          text(2, op),
          ...inputs.map((input) => text(3, input)),
          ...Object.entries(this.#marked(op, attributes)).map(([key, value]) =>
            bytes(5, message(text(1, key), bytes(2, value))),
          ),
        ),
      ),
    );
    return own;
  }

  #freshName(op: string): string {
    const base = `${this.#scope}${op}`;
    const count = this.#counts.get(base) ?? 0;
    this.#counts.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  }

  /** Nodes that `build` adds without a name of their own are called `scope/op`: errors then name the scope. */
  within<T>(scope: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = `${outer}${scope}/`;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  #marked(op: string, attributes: Attributes): Attributes {
    if (!this.#compiled || op === 'Const' || op === 'Placeholder') return attributes;
    return { ...attributes, _XlaCompile: attr.bool(true), _XlaScope: attr.string('compiled') };
  }

  /**
   * On a CPU, XLA makes one loop of the operations that `build` adds: several times faster where they are element-wise over
   * much data, and compiled again for each new shape. A last bit may come out otherwise.
   */
  compiled<T>(build: () => T): T {
    const outer = this.#compiled;
    this.#compiled = !hasGpu();
    try {
      return build();
    } finally {
      this.#compiled = outer;
    }
  }

  /** Whether it has a node of this name. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** A parameter of the fragment. Sizes of -1 are open. */
  input(name: string, dtype: DataType = 'float32', shape?: readonly number[]): Output {
    return this.op(
      'Placeholder',
      [],
      { dtype: attr.type(dtype), ...(shape && { shape: attr.shape(shape) }) },
      name,
    );
  }

  /** A constant tensor. Equal small constants are one node. */
  constant(
    values: Float32Array | Int32Array | BigInt64Array,
    shape: readonly number[] = [values.length],
  ): Output {
    const dtype =
      values instanceof Int32Array ? 'int32' : values instanceof Float32Array ? 'float32' : 'int64';
    const key = values.length <= 16 ? `${dtype}[${shape}]${values.join()}` : undefined;
    const known = key && this.#constants.get(key);
    if (known) return known;
    const output = this.op('Const', [], {
      dtype: attr.type(dtype),
      value: attr.tensor(dtype, values, shape),
    });
    if (key) this.#constants.set(key, output);
    return output;
  }

  /** A float32 scalar. */
  scalar(value: number): Output {
    return this.constant(Float32Array.of(value), []);
  }

  /** An int32 vector. */
  ints(...values: number[]): Output {
    return this.constant(Int32Array.from(values));
  }

  /** An operation whose only attribute is the element type `T` of its inputs, for example `Mul` or `Tanh`. */
  math(op: string, inputs: readonly Output[], dtype: DataType = 'float32', name?: string): Output {
    return this.op(op, inputs, { T: attr.type(dtype) }, name);
  }

  /** Converts element types. */
  cast(input: Output, from: DataType, to: DataType): Output {
    return this.op('Cast', [input], { SrcT: attr.type(from), DstT: attr.type(to) });
  }

  /** Reduces along `axes`: `op` is `Sum`, `Mean`, `Max`, `Min` or `Prod`. */
  reduce(
    op: string,
    input: Output,
    axes: readonly number[],
    {
      keepDims = false,
      dtype = 'float32' as DataType,
      name,
    }: { keepDims?: boolean; dtype?: DataType; name?: string } = {},
  ): Output {
    return this.op(
      op,
      [input, this.ints(...axes)],
      { T: attr.type(dtype), Tidx: attr.type('int32'), keep_dims: attr.bool(keepDims) },
      name,
    );
  }

  /** A new shape for the same values; one size may be -1. */
  reshape(input: Output, shape: readonly number[], dtype: DataType = 'float32'): Output {
    return this.op('Reshape', [input, this.ints(...shape)], {
      T: attr.type(dtype),
      Tshape: attr.type('int32'),
    });
  }

  /** Gives an output a name of its own; `after` lists nodes that must have run before. */
  identity(
    input: Output,
    name?: string,
    { after = [], dtype = 'float32' }: { after?: readonly Output[]; dtype?: DataType } = {},
  ): Output {
    return this.op('Identity', [input, ...after.map((node) => `^${node}`)], { T: attr.type(dtype) }, name);
  }

  /** The GraphDef. */
  encode(): Message {
    return message(...this.#nodes, VERSIONS);
  }

  /** The GraphDef in pieces that follow each other, a node each: for one that takes long to copy. */
  *pieces(): Generator<Message, void, undefined> {
    for (const node of this.#nodes) yield message(node);
    yield message(VERSIONS);
  }
}
