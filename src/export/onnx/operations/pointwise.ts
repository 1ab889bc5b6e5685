import type { GraphNode } from '../../../../models/topology.js';
import { floatAttribute, typeAttribute } from '../../../model/graph/attributes.js';
import { broadcast, type Call, type Converter, emit, result, tensor, unsupported } from '../call.js';
import { storeScalar } from '../layout.js';
import { type Attributes, attribute, ELEMENT_TYPES, type ElementType } from '../proto.js';
import { isChannelsFirst, type Layout, type Value } from '../value.js';
import { addToProducer } from './bias.js';

type Operand = (call: Call, x: string) => string;

/** An operation on each element, in whatever layout its input is. */
const pointwise =
  (add: Operand, as?: ElementType): Converter =>
  (call) => {
    const [x] = call.inputs as [Value];
    const layout = layoutOf(x);
    const { name, shape, type } = tensor(call, x, layout);
    return result(call, add(call, name), layout, x.shape, { tensorShape: shape, as: as ?? type });
  };

function layoutOf(x: Value): Layout {
  if (isChannelsFirst(x)) return 'channelsFirst';
  return [...x.forms.keys()].some((key) => key.startsWith('rows')) ? 'rows' : 'plain';
}

/** One operation of ONNX. */
export const unary = (op: string, attributes: (node: GraphNode) => Attributes = () => ({})): Converter =>
  pointwise((call, x) => emit(call, op, [x], { attributes: attributes(call.node) }));

/** Two operations, one after the other. */
export const both = (first: string, second: string): Converter =>
  pointwise((call, x) => emit(call, second, [emit(call, first, [x], { part: first })]));

const number = (call: Call, value: number): string => storeScalar(call.graph, value, call.type);

export const relu6 = pointwise((call, x) => emit(call, 'Clip', [x, number(call, 0), number(call, 6)]));
export const square = pointwise((call, x) => emit(call, 'Mul', [x, x]));
export const log1p = pointwise((call, x) =>
  emit(call, 'Log', [emit(call, 'Add', [x, number(call, 1)], { part: 'Add' })]),
);
export const expm1 = pointwise((call, x) =>
  emit(call, 'Sub', [emit(call, 'Exp', [x], { part: 'Exp' }), number(call, 1)]),
);
export const leakyRelu = unary('LeakyRelu', (node) => ({
  alpha: attribute.float(floatAttribute(node, 'alpha', 0.2)),
}));

/** The value itself, under its own name. */
export const identity: Converter = ({ node, inputs: [x] }) => ({ ...x!, name: node.name });

/** `Cast` between real numbers, which all have one type in a model, and booleans. */
export const cast: Converter = (call) => {
  const [x] = call.inputs as [Value];
  const to = typeAttribute(call.node, 'DstT');
  const wanted = to === 'float32' ? call.type : to;
  if (x.kind === 'int' || (wanted !== 'bool' && wanted !== call.type)) {
    throw unsupported(call, `makes ${to} of ${x.kind === 'float' ? 'real numbers' : x.kind}`);
  }
  if ((x.kind === 'bool') === (wanted === 'bool')) return identity(call);
  const attributes = { to: attribute.int(ELEMENT_TYPES[wanted]) };
  return pointwise((_, name) => emit(call, 'Cast', [name], { attributes }), wanted)(call);
};

/** Tensors of values that are combined element by element: in one layout, that of images where one of them is so. */
function together(call: Call, values: readonly Value[]) {
  if (values.some(({ kind }) => kind === 'int')) throw unsupported(call, 'computes with whole numbers');
  const shape = broadcast(
    call,
    values.map((value) => value.shape),
  );
  const layout: Layout = shape.length === 4 && values.some(isChannelsFirst) ? 'channelsFirst' : 'plain';
  const tensors = values.map((value) => tensor(call, value, value.shape.length === 0 ? 'plain' : layout));
  const tensorShape = broadcast(
    call,
    tensors.map((each) => each.shape),
  );
  return { names: tensors.map(({ name }) => name), layout, shape, tensorShape };
}

/** An operation on elements of several values. */
const combined =
  (add: (call: Call, names: readonly string[]) => string, as?: ElementType): Converter =>
  (call) => {
    const { names, layout, shape, tensorShape } = together(call, call.inputs);
    return result(call, add(call, names), layout, shape, { tensorShape, as });
  };

/** One operation of ONNX. */
export const binary = (op: string): Converter => combined((call, names) => emit(call, op, names));

/** A comparison of numbers, or an operation on booleans. */
export const logical = (op: string): Converter => combined((call, names) => emit(call, op, names), 'bool');

export const notEqual = combined(
  (call, names) => emit(call, 'Not', [emit(call, 'Equal', names, { part: 'Equal' })]),
  'bool',
);
export const squaredDifference = combined((call, names) => {
  const difference = emit(call, 'Sub', names, { part: 'Sub' });
  return emit(call, 'Mul', [difference, difference]);
});
export const floorDiv = combined((call, names) =>
  emit(call, 'Floor', [emit(call, 'Div', names, { part: 'Div' })]),
);
/** x - floor(x / y) y */
export const floorMod = combined((call, [x, y]) => {
  const floor = emit(call, 'Floor', [emit(call, 'Div', [x!, y!], { part: 'Div' })], { part: 'Floor' });
  return emit(call, 'Sub', [x!, emit(call, 'Mul', [floor, y!], { part: 'Mul' })]);
});

/** A constant that is added to each channel becomes the bias of the convolution before it. */
export const add: Converter = (call) => addToProducer(call) ?? binary('Add')(call);

/** `Select` and `SelectV2`; the first one takes a condition an image as well, which is refused. */
export const select: Converter = (call) => {
  const [condition, x] = call.inputs as [Value, Value];
  if (call.node.op === 'Select' && condition.shape.length !== x.shape.length) {
    throw unsupported(call, 'chooses whole rows');
  }
  return combined((each, names) => emit(each, 'Where', names))(call);
};
