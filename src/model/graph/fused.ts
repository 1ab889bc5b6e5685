import type { GraphAttribute, GraphNode } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { boolAttribute, floatAttribute, intAttribute, json, stringsAttribute } from './attributes.js';
import { dataInputs, freshName } from './nodes.js';

/** Adds nodes one after the other; each is given its name from outside. */
type Step = (x: string, fused: Fused) => GraphNode[];

interface Fused {
  node: GraphNode;
  /** Takes the next of the arguments behind the two operands. */
  argument(): string;
  /** Name of the step's node, or of a part of it. */
  name(part?: string): string;
}

const T: { [key: string]: GraphAttribute } = { T: json.type('float32') };

const unary =
  (op: string): Step =>
  (x, { name }) => [{ name: name(), op, input: [x], attr: T }];

/** What may be fused behind a convolution or a product of matrices, by its name in `fused_ops`. */
const STEPS: Readonly<Record<string, Step>> = {
  BiasAdd: (x, { name, argument }) => [{ name: name(), op: 'BiasAdd', input: [x, argument()], attr: T }],
  FusedBatchNorm: (x, { name, argument, node }) => [
    {
      name: name(),
      op: 'FusedBatchNormV3',
      input: [x, argument(), argument(), argument(), argument()],
      attr: {
        ...T,
        U: json.type('float32'),
        epsilon: json.float(floatAttribute(node, 'epsilon', 1e-4)),
        is_training: json.bool(false),
      },
    },
  ],
  Relu: unary('Relu'),
  Relu6: unary('Relu6'),
  Elu: unary('Elu'),
  Sigmoid: unary('Sigmoid'),
  Tanh: unary('Tanh'),
  LeakyRelu: (x, { name, node }) => [
    {
      name: name(),
      op: 'LeakyRelu',
      input: [x],
      attr: { ...T, alpha: json.float(floatAttribute(node, 'leakyrelu_alpha', 0.2)) },
    },
  ],
  Prelu: (x, { name, argument }) => prelu(x, argument(), name),
};
const FUSED_BATCH_NORMS = new Set(['FusedBatchNormV2', 'FusedBatchNormV3']);

/** What a fused operation is made of. */
const OPERANDS: Readonly<Record<string, string>> = {
  _FusedConv2D: 'Conv2D',
  FusedConv2D: 'Conv2D',
  _FusedDepthwiseConv2dNative: 'DepthwiseConv2dNative',
  FusedDepthwiseConv2dNative: 'DepthwiseConv2dNative',
  _FusedMatMul: 'MatMul',
};

/** PReLU (arXiv 1502.01852) by operations that have gradients: max(x, 0) - alpha max(-x, 0). */
function prelu(x: string, alpha: string, name: (part?: string) => string): GraphNode[] {
  return [
    { name: name('Relu'), op: 'Relu', input: [x], attr: T },
    { name: name('Neg'), op: 'Neg', input: [x], attr: T },
    { name: name('Relu_1'), op: 'Relu', input: [name('Neg')], attr: T },
    {
      name: name('alpha'),
      op: 'Mul',
      input: [name('Relu_1'), alpha],
      attr: { ...T, _prelu: json.bool(true) },
    },
    { name: name(), op: 'Sub', input: [name('Relu'), name('alpha')], attr: T },
  ];
}

/**
 * Takes fused operations apart into those that have gradients. The last part keeps the name of the whole, so that what
 * takes its value still does.
 *
 * @throws InputError for something fused in that is not known, and for arguments that do not fit
 */
export function takeApart(nodes: readonly GraphNode[]): GraphNode[] {
  return nodes.flatMap((node) => {
    if (node.op === 'Prelu') {
      const [x, alpha] = operandsOf(node, 2);
      return prelu(x!, alpha!, (part) => (part ? partName(nodes, node, part) : node.name));
    }
    const operand = OPERANDS[node.op];
    return operand === undefined ? [node] : parts(nodes, node, operand);
  });
}

function parts(nodes: readonly GraphNode[], node: GraphNode, operand: string): GraphNode[] {
  const [x, kernel, ...rest] = operandsOf(node, 2);
  const fusedOps = stringsAttribute(node, 'fused_ops');
  if (intAttribute(node, 'num_host_args') > 0) {
    throw new InputError(
      `Node '${node.name}' (${node.op}) has arguments of the host, which are not supported.`,
    );
  }
  const first = fusedOps.length === 0 ? node.name : partName(nodes, node, operand);
  const found: GraphNode[] = [{ ...node, name: first, op: operand, input: [x!, kernel!] }];
  let value = first;
  fusedOps.forEach((fusedOp, position) => {
    const step = STEPS[FUSED_BATCH_NORMS.has(fusedOp) ? 'FusedBatchNorm' : fusedOp];
    if (!step) {
      throw new InputError(
        `Node '${node.name}' (${node.op}) has ${fusedOp} fused in; supported: ${Object.keys(STEPS).join(', ')}.`,
      );
    }
    const own = position === fusedOps.length - 1 ? node.name : partName(nodes, node, fusedOp);
    const added = step(value, {
      node,
      name: (part) => (part ? partName(nodes, node, `${fusedOp}/${part}`) : own),
      argument() {
        const next = rest.shift();
        if (next !== undefined) return next;
        throw new InputError(
          `Node '${node.name}' (${node.op}) lacks an argument for ${fusedOp}. The model seems damaged.`,
        );
      },
    });
    found.push(...added);
    value = own;
  });
  return found;
}

function operandsOf(node: GraphNode, count: number): string[] {
  const inputs = dataInputs(node);
  if (inputs.length >= count) return inputs;
  throw new InputError(
    `Node '${node.name}' (${node.op}) takes ${inputs.length} values, expected ${count} or more. The model seems damaged.`,
  );
}

const partName = (nodes: readonly GraphNode[], { name }: GraphNode, part: string): string =>
  freshName(nodes, `${name}/${part}`);

/** Whether a node is the product of the slope and the negative side of a PReLU. */
export const isPreluSlope = (node: GraphNode): boolean => boolAttribute(node, '_prelu');
