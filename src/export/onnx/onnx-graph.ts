import type { Initializer } from './model-file.js';
import type { Attributes, ElementType, OnnxNode } from './proto.js';

/** A tensor of the ONNX graph; open sizes are -1. */
export interface OnnxTensor {
  name: string;
  type: ElementType;
  shape: readonly number[];
}

/** An ONNX graph that grows node by node. Nodes and tensors share one set of names. */
export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Initializer[] = [];
  #names: Set<string>;
  #producers = new Map<string, OnnxNode>();
  #shared = new Map<string, string>();

  /** @param reserved names that no node or tensor gets */
  constructor(reserved: readonly string[] = []) {
    this.#names = new Set(reserved);
  }

  /** `name`, with a number where it is taken. */
  freshName(name: string): string {
    let candidate = name;
    for (let number = 1; this.#names.has(candidate); number++) candidate = `${name}_${number}`;
    this.#names.add(candidate);
    return candidate;
  }

  /** Adds a node, and returns the names of its outputs. The first one has the node's own name. */
  node(
    op: string,
    inputs: readonly string[],
    { name, attributes = {}, outputs = 1 }: { name: string; attributes?: Attributes; outputs?: number },
  ): string[] {
    const own = this.freshName(name);
    const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? own : this.freshName(`${own}:${i}`)));
    const node = { name: own, op, inputs: [...inputs], outputs: names, attributes };
    this.nodes.push(node);
    for (const output of names) this.#producers.set(output, node);
    return names;
  }

  /** The node that gives a tensor; undefined for the input and for initializers. */
  producer(tensor: string): OnnxNode | undefined {
    return this.#producers.get(tensor);
  }

  /** Stores values in the model, and returns their name. */
  initializer({ name, ...rest }: Initializer): string {
    const own = this.freshName(name);
    this.initializers.push({ name: own, ...rest });
    return own;
  }

  /** Whole numbers, such as a shape; the same ones are stored once. */
  ints(values: readonly number[]): string {
    const key = `int64 ${values.join()}`;
    return this.#share(key, () => ({
      name: `ints/${values.join('_') || 'none'}`,
      type: 'int64',
      shape: [values.length],
      data: () => new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
    }));
  }

  /** One real number, without dimensions; the same ones are stored once. */
  scalar(value: number, type: 'float32' | 'float16', encode: (values: Float32Array) => Uint8Array): string {
    return this.#share(`${type} ${value}`, () => ({
      name: `number/${value}`,
      type,
      shape: [],
      data: () => encode(Float32Array.of(value)),
    }));
  }

  #share(key: string, make: () => Initializer): string {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const name = this.initializer(make());
    this.#shared.set(key, name);
    return name;
  }
}
