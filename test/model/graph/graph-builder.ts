import type { GraphAttribute, GraphNode } from '../../../models/topology.js';
import type { WeightMap } from '../../../src/model/index.js';
import { pseudoRandom } from '../run-layers.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Attributes as the JSON of a tfjs graph model has them. */
export const a = {
  type: (name = 'DT_FLOAT'): GraphAttribute => ({ type: name }),
  s: (text: string): GraphAttribute => ({ s: base64(text) }),
  ss: (...texts: string[]): GraphAttribute => ({ list: { s: texts.map(base64) } }),
  ints: (...values: number[]): GraphAttribute => ({ list: { i: values.map(String) } }),
  i: (value: number): GraphAttribute => ({ i: String(value) }),
  f: (value: number): GraphAttribute => ({ f: value }),
  b: (value: boolean): GraphAttribute => ({ b: value }),
  shape: (...sizes: number[]): GraphAttribute => ({
    shape: { dim: sizes.map((size) => ({ size: String(size) })) },
  }),
};

/** Builds a frozen graph as tfjs's converter writes one. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly tensors: WeightMap = new Map();

  input(name = 'input', shape = [-1, 8, 8, 3]): string {
    return this.op('Placeholder', name, [], { dtype: a.type(), shape: a.shape(...shape) });
  }

  op(op: string, name: string, input: string[], attr: Record<string, GraphAttribute> = {}): string {
    this.nodes.push({ name, op, input, attr: op === 'Placeholder' ? attr : { T: a.type(), ...attr } });
    return name;
  }

  /** A constant of numbers that look random, or of those given. */
  floats(
    name: string,
    shape: number[],
    { scale = 0.5, values }: { scale?: number; values?: number[] } = {},
  ): string {
    const length = shape.reduce((x, y) => x * y, 1);
    const seed = [...name].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 7);
    const data = values ? Float32Array.from(values) : pseudoRandom(length, { scale, seed });
    return this.#constant(name, 'DT_FLOAT', { dtype: 'float32', shape, data });
  }

  ints(name: string, values: number[], shape: number[] = [values.length]): string {
    return this.#constant(name, 'DT_INT32', { dtype: 'int32', shape, data: Int32Array.from(values) });
  }

  #constant(
    name: string,
    type: string,
    tensor: { dtype: 'float32' | 'int32'; shape: number[]; data: Float32Array | Int32Array },
  ): string {
    const dim = tensor.shape.map((size) => ({ size: String(size) }));
    this.nodes.push({
      name,
      op: 'Const',
      attr: { dtype: a.type(type), value: { tensor: { dtype: type, tensorShape: { dim } } } },
    });
    this.tensors.set(name, tensor);
    return name;
  }

  conv(name: string, x: string, shape: number[], extra: Record<string, GraphAttribute> = {}): string {
    return this.op('Conv2D', name, [x, this.floats(`${name}/kernel`, shape)], { ...CONVOLUTION, ...extra });
  }

  get frozen() {
    return { name: 'test', nodes: this.nodes, tensors: this.tensors, outputs: [] };
  }
}

export const CONVOLUTION = {
  strides: a.ints(1, 1, 1, 1),
  padding: a.s('SAME'),
  data_format: a.s('NHWC'),
  dilations: a.ints(1, 1, 1, 1),
};

/** A small network with what MobileNets are converted to: fused operations, PReLU, padding, concatenation, pooling. */
export function mobileGraph({ classes = 5 } = {}): GraphBuilder {
  const g = new GraphBuilder();
  const x = g.op('Sub', 'net/prepare', [
    g.op('Mul', 'net/scaled', [g.input(), g.floats('net/scale', [], { values: [1 / 127.5] })]),
    g.floats('net/mean', [3], { values: [1, 1.1, 0.9] }),
  ]);
  const pad = g.op('Pad', 'net/pad', [x, g.ints('net/paddings', [0, 0, 0, 1, 0, 1, 0, 0], [4, 2])], {
    Tpaddings: a.type('DT_INT32'),
  });
  const stem = g.op(
    '_FusedConv2D',
    'net/stem/Relu6',
    [pad, g.floats('net/stem/Conv2D_weights', [3, 3, 3, 6]), g.floats('net/stem/Conv2D_bn_offset', [6])],
    {
      ...CONVOLUTION,
      strides: a.ints(1, 2, 2, 1),
      padding: a.s('VALID'),
      fused_ops: a.ss('BiasAdd', 'Relu6'),
      num_args: a.i(1),
      use_cudnn_on_gpu: a.b(true),
    },
  );
  const depthwise = g.op(
    'FusedDepthwiseConv2dNative',
    'net/dwconv/Elu',
    [stem, g.floats('net/dwconv/depthwise_weights', [3, 3, 6, 1]), g.floats('net/dwconv/bias', [6])],
    {
      ...CONVOLUTION,
      fused_ops: a.ss('BiasAdd', 'Elu'),
      num_args: a.i(1),
    },
  );
  const prelu = g.op('Prelu', 'net/prelu', [depthwise, g.floats('net/prelu/alpha', [1, 1, 6])]);
  const leaky = g.op(
    '_FusedConv2D',
    'net/branch/LeakyRelu',
    [
      prelu,
      g.floats('net/branch/Conv2D_weights', [1, 1, 6, 4]),
      g.floats('net/branch/Conv2D_bn_offset', [4]),
    ],
    {
      ...CONVOLUTION,
      fused_ops: a.ss('BiasAdd', 'LeakyRelu'),
      num_args: a.i(1),
      leakyrelu_alpha: a.f(0.3),
    },
  );
  const joined = g.op('ConcatV2', 'net/concat', [prelu, leaky, g.ints('net/axis', [-1], [])], {
    N: a.i(2),
    Tidx: a.type('DT_INT32'),
  });
  const pooled = g.op('MaxPool', 'net/pool', [joined], {
    ksize: a.ints(1, 2, 2, 1),
    strides: a.ints(1, 2, 2, 1),
    padding: a.s('SAME'),
    data_format: a.s('NHWC'),
  });
  const scaled = g.op('AddV2', 'net/shifted', [
    g.op('Mul', 'net/rescaled', [pooled, g.floats('net/channel_scale', [10])]),
    g.floats('net/channel_offset', [10]),
  ]);
  const stopped = g.op('StopGradient', 'net/stop', [g.op('Identity', 'net/identity', [scaled])]);
  const mean = g.op('Mean', 'net/mean_pool', [stopped, g.ints('net/axes', [1, 2])], {
    Tidx: a.type('DT_INT32'),
    keep_dims: a.b(true),
  });
  const flat = g.op('Reshape', 'net/flat', [mean, g.ints('net/flat/shape', [1, 10])], {
    Tshape: a.type('DT_INT32'),
  });
  const hidden = g.op(
    '_FusedMatMul',
    'net/hidden/Relu',
    [
      flat,
      g.floats('net/hidden/MatMul/ReadVariableOp', [10, 7]),
      g.floats('net/hidden/BiasAdd/ReadVariableOp', [7]),
    ],
    {
      transpose_a: a.b(false),
      transpose_b: a.b(false),
      fused_ops: a.ss('BiasAdd', 'Relu'),
      num_args: a.i(1),
      epsilon: a.f(0),
    },
  );
  const logits = g.op(
    '_FusedMatMul',
    'net/predictions/BiasAdd',
    [
      hidden,
      g.floats('net/predictions/MatMul/ReadVariableOp', [7, classes]),
      g.floats('net/predictions/BiasAdd/ReadVariableOp', [classes]),
    ],
    {
      transpose_a: a.b(false),
      transpose_b: a.b(false),
      fused_ops: a.ss('BiasAdd'),
      num_args: a.i(1),
    },
  );
  g.op('Identity', 'Identity', [g.op('Softmax', 'net/probabilities', [logits])]);
  // What nothing needs: it goes.
  g.op('NoOp', 'init', []);
  g.op('ArgMax', 'net/dead', [logits, g.ints('net/dead/axis', [1], [])], { Tidx: a.type('DT_INT32') });
  g.nodes.find(({ name }) => name === 'net/stop')!.input!.push('^init');
  return g;
}
