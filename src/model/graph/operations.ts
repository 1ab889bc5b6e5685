import type { GraphNode } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { type AttributeKind, stringAttribute } from './attributes.js';

/**
 * What becomes of a gradient at an operation: it goes on to the operation's real inputs; it ends there, rightly (shapes,
 * comparisons); or TensorFlow's C++ library has no rule for it.
 */
export type GradientRule = 'flows' | 'stops' | 'missing';

/** An operation that a graph model may hold. */
export interface Operation {
  /** Attributes that are kept; all others are left to their defaults. */
  attributes: Readonly<Record<string, AttributeKind>>;
  gradient: GradientRule;
}

type Attributes = Operation['attributes'];

const T: Attributes = { T: 'type' };
const WINDOW: Attributes = { ...T, strides: 'ints', padding: 'string', data_format: 'string' };
const CONVOLUTION: Attributes = { ...WINDOW, explicit_paddings: 'ints', dilations: 'ints' };
const POOLING: Attributes = { ...WINDOW, ksize: 'ints', explicit_paddings: 'ints' };
const REDUCTION: Attributes = { ...T, Tidx: 'type', keep_dims: 'bool' };
const RESIZING: Attributes = { ...T, align_corners: 'bool', half_pixel_centers: 'bool' };
const COUNTED: Attributes = { ...T, N: 'int' };

const flows = (attributes: Attributes): Operation => ({ attributes, gradient: 'flows' });
const stops = (attributes: Attributes): Operation => ({ attributes, gradient: 'stops' });
const missing = (attributes: Attributes): Operation => ({ attributes, gradient: 'missing' });

const all = (names: string, operation: Operation): Record<string, Operation> =>
  Object.fromEntries(names.split(' ').map((name) => [name, operation]));

/**
 * Every operation that is taken over from a graph model. What is not here is refused by name: a model comes from
 * elsewhere, and TensorFlow has operations that read and write files.
 */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  Conv2D: flows(CONVOLUTION),
  DepthwiseConv2dNative: flows(CONVOLUTION),
  MatMul: flows({ ...T, transpose_a: 'bool', transpose_b: 'bool' }),
  ...all('BatchMatMul BatchMatMulV2', flows({ ...T, adj_x: 'bool', adj_y: 'bool' })),
  BiasAdd: flows({ ...T, data_format: 'string' }),
  FusedBatchNormV3: flows({ ...T, U: 'type', epsilon: 'float', data_format: 'string' }),
  AvgPool: flows({ ...WINDOW, ksize: 'ints' }),
  MaxPool: flows(POOLING),
  ...all('Mean Sum Max Min Prod', flows(REDUCTION)),
  ...all('Add AddV2 Sub Mul RealDiv Div Maximum Minimum SquaredDifference Pow', flows(T)),
  ...all('Relu Relu6 Selu Elu Sigmoid Tanh Softplus Softsign', flows(T)),
  ...all('Neg Abs Square Sqrt Rsqrt Exp Log Log1p Expm1 Erf Reciprocal', flows(T)),
  LeakyRelu: flows({ ...T, alpha: 'float' }),
  // Its gradient in TensorFlow's C++ library takes matrices only: see `rewrite.ts`.
  Softmax: flows(T),
  AddN: flows(COUNTED),
  Identity: flows(T),
  ...all('Select SelectV2', flows(T)),
  Reshape: flows({ ...T, Tshape: 'type' }),
  Squeeze: flows({ ...T, squeeze_dims: 'ints' }),
  ExpandDims: flows({ ...T, Tdim: 'type' }),
  Transpose: flows({ ...T, Tperm: 'type' }),
  Pad: flows({ ...T, Tpaddings: 'type' }),
  PadV2: flows({ ...T, Tpaddings: 'type' }),
  MirrorPad: flows({ ...T, Tpaddings: 'type', mode: 'string' }),
  ConcatV2: flows({ ...COUNTED, Tidx: 'type' }),
  Pack: flows({ ...COUNTED, axis: 'int' }),
  Split: flows({ ...T, num_split: 'int' }),
  SplitV: flows({ ...T, Tlen: 'type', num_split: 'int' }),
  Slice: flows({ ...T, Index: 'type' }),
  StridedSlice: flows({
    ...T,
    Index: 'type',
    begin_mask: 'int',
    end_mask: 'int',
    ellipsis_mask: 'int',
    new_axis_mask: 'int',
    shrink_axis_mask: 'int',
  }),
  Tile: flows({ ...T, Tmultiples: 'type' }),
  ...all('SpaceToDepth DepthToSpace', flows({ ...T, block_size: 'int', data_format: 'string' })),
  ...all('SpaceToBatchND', flows({ ...T, Tblock_shape: 'type', Tpaddings: 'type' })),
  ...all('BatchToSpaceND', flows({ ...T, Tblock_shape: 'type', Tcrops: 'type' })),
  ReverseV2: flows({ ...T, Tidx: 'type' }),
  GatherV2: flows({ Tparams: 'type', Tindices: 'type', Taxis: 'type', batch_dims: 'int' }),
  Einsum: flows({ ...COUNTED, equation: 'string' }),
  Cast: flows({ SrcT: 'type', DstT: 'type' }),
  ...all('ResizeBilinear ResizeNearestNeighbor', flows(RESIZING)),

  Shape: stops({ ...T, out_type: 'type' }),
  ...all('Size', stops({ ...T, out_type: 'type' })),
  Rank: stops(T),
  Fill: stops({ ...T, index_type: 'type' }),
  Range: stops({ Tidx: 'type' }),
  ...all('Greater GreaterEqual Less LessEqual Equal NotEqual', stops(T)),
  ...all('LogicalAnd LogicalOr LogicalNot', stops({})),
  ...all('ZerosLike OnesLike', stops(T)),
  ...all('Floor Ceil Round Sign', stops(T)),

  ...all('FloorDiv FloorMod', missing(T)),
};

const CONTROL_FLOW =
  /^(Switch|Merge|Enter|Exit|NextIteration|LoopCond|(Stateless)?(While|If|Case)|.*TensorArray.*|.*TensorList.*)/;

/**
 * The operation of a node.
 *
 * @throws InputError for one that is not taken over, and for images with the channels first: both name the node
 */
export function operationOf(node: GraphNode): Operation {
  const operation = Object.hasOwn(OPERATIONS, node.op) ? OPERATIONS[node.op] : undefined;
  if (!operation) {
    const what = CONTROL_FLOW.test(node.op) ? ', which is control flow' : '';
    throw new InputError(
      `Node '${node.name}' is a ${node.op}${what}: it is not supported in a graph model. Take a layers model of the ` +
        'same network (SavedModel, Keras), or a feature vector that ends before it.',
    );
  }
  const format = operation.attributes.data_format ? stringAttribute(node, 'data_format') : '';
  if (format !== '' && format !== 'NHWC') {
    throw new InputError(
      `Node '${node.name}' (${node.op}) takes images as ${format}; only NHWC, channels last, is supported. ` +
        'Convert the model again from one with channels last.',
    );
  }
  return operation;
}
