import { InputError } from '../../errors.js';
import type { WeightTensor } from '../../model/weights.js';
import { sizeOf } from '../../tensorflow/index.js';
import { gather, rowMajorStrides } from '../../weights/strided.js';
import { bytesOf } from '../../weights/tensor-types.js';
import { toFloat16 } from '../../weights/to-float16.js';
import { toFloat32 } from '../../weights/to-float32.js';
import type { OnnxGraph, OnnxTensor } from './onnx-graph.js';
import { attribute, type ElementType } from './proto.js';
import {
  channelsFirst,
  type FloatType,
  formKey,
  isSameOrder,
  type Layout,
  OPEN,
  sameShape,
  TO_CHANNELS_FIRST,
  TO_CHANNELS_LAST,
  type Value,
} from './value.js';

/**
 * The tensor that holds a value in a layout. What there is not yet is made of what there is, once: by a transposition, a
 * reshape, a cast, or for constants by storing them so.
 */
export function tensorOf(graph: OnnxGraph, value: Value, layout: Layout, type: FloatType): OnnxTensor {
  const wanted: ElementType = value.kind === 'float' ? type : value.kind === 'bool' ? 'bool' : 'int64';
  const known = value.forms.get(formKey(layout, wanted));
  if (known) return known;
  const made = value.constant ? stored(graph, value, layout, wanted) : computed(graph, value, layout, wanted);
  value.forms.set(formKey(layout, wanted), made);
  return made;
}

/** Stores a permutation of a constant; axes that are then wanted otherwise are given as `shape`. */
export function storePermuted(
  graph: OnnxGraph,
  value: Value & { constant: WeightTensor },
  permutation: readonly number[],
  type: ElementType,
  shape: readonly number[] = permutation.map((axis) => value.shape[axis]!),
): OnnxTensor {
  const { name, constant } = value;
  const data = () => encode(permuted(constant, permutation), type);
  return { name: graph.initializer({ name, type, shape, data }), type, shape };
}

/** A number in the type that is computed in. */
export const storeScalar = (graph: OnnxGraph, value: number, type: FloatType): string =>
  graph.scalar(value, type, (values) => encode({ dtype: 'float32', shape: [], data: values }, type));

/** Stores vectors that were computed from constants. */
export function storeFloats(
  graph: OnnxGraph,
  name: string,
  type: FloatType,
  shape: readonly number[],
  values: () => Float32Array,
): string {
  const data = () => encode({ dtype: 'float32', shape, data: values() }, type);
  return graph.initializer({ name, type, shape, data });
}

function stored(graph: OnnxGraph, value: Value, layout: Layout, type: ElementType): OnnxTensor {
  const constant = value as Value & { constant: WeightTensor };
  const { shape } = value;
  const axes = shape.map((_, axis) => axis);
  if (layout !== 'channelsFirst' || shape.length === 0) return storePermuted(graph, constant, axes, type);
  const wide = [...new Array<number>(4 - shape.length).fill(1), ...shape];
  // Axes of size 1 in front are none of the constant's own.
  const permutation = TO_CHANNELS_FIRST.map((axis) => axis - (4 - shape.length)).filter((axis) => axis >= 0);
  return storePermuted(graph, constant, permutation, type, channelsFirst(wide));
}

function computed(graph: OnnxGraph, value: Value, layout: Layout, type: ElementType): OnnxTensor {
  const forms = [...value.forms];
  if (!forms.some(([, { type: own }]) => own === type)) {
    const [key, other] = forms[0]!;
    const converted = cast(graph, value, other, type as FloatType);
    value.forms.set(key.replace(other.type, type), converted);
    return tensorOf(graph, value, layout, type as FloatType);
  }
  if (layout === 'channelsFirst') return toChannelsFirst(graph, value, type as FloatType);
  const rows = inRows(graph, value, type);
  return layout === 'rows' ? rows : reshaped(graph, value, rows, value.shape);
}

/** A tensor with the elements in row-major order. */
function inRows(graph: OnnxGraph, value: Value, type: ElementType): OnnxTensor {
  const rows = value.forms.get(formKey('plain', type)) ?? value.forms.get(formKey('rows', type));
  if (rows) return rows;
  const first = value.forms.get(formKey('channelsFirst', type))!;
  return isSameOrder(value.shape) ? first : transposed(graph, value, first, TO_CHANNELS_LAST);
}

function toChannelsFirst(graph: OnnxGraph, value: Value, type: FloatType): OnnxTensor {
  const shape = [...new Array<number>(Math.max(0, 4 - value.shape.length)).fill(1), ...value.shape];
  const target = channelsFirst(shape);
  if (isSameOrder(shape)) return reshaped(graph, value, tensorOf(graph, value, 'rows', type), target);
  const rows = tensorOf(graph, value, shape.length === value.shape.length ? 'plain' : 'rows', type);
  return transposed(graph, value, reshaped(graph, value, rows, shape), TO_CHANNELS_FIRST);
}

/** The same elements in another shape. */
function reshaped(
  graph: OnnxGraph,
  { name }: Value,
  tensor: OnnxTensor,
  shape: readonly number[],
): OnnxTensor {
  if (sameShape(tensor.shape, shape)) return tensor;
  if (shape.filter((size) => size === OPEN).length > 1) {
    throw new InputError(
      `'${name}' has the shape [${shape}]: with more than one open size it cannot be written to ONNX. ` +
        "Export the model as 'saved-model'.",
    );
  }
  const [output] = graph.node('Reshape', [tensor.name, graph.ints(shape)], { name: `${name}/Reshape` });
  return { name: output!, type: tensor.type, shape };
}

function transposed(
  graph: OnnxGraph,
  { name }: Value,
  tensor: OnnxTensor,
  permutation: readonly number[],
): OnnxTensor {
  const attributes = { perm: attribute.ints(permutation) };
  const [output] = graph.node('Transpose', [tensor.name], { name: `${name}/Transpose`, attributes });
  return { name: output!, type: tensor.type, shape: permutation.map((axis) => tensor.shape[axis]!) };
}

function cast(graph: OnnxGraph, { name }: Value, tensor: OnnxTensor, type: FloatType): OnnxTensor {
  const attributes = { to: attribute.int(type === 'float16' ? 10 : 1) };
  const [output] = graph.node('Cast', [tensor.name], { name: `${name}/Cast`, attributes });
  return { name: output!, type, shape: tensor.shape };
}

function permuted(constant: WeightTensor, permutation: readonly number[]): WeightTensor {
  const { dtype, shape, data } = constant;
  if (permutation.every((axis, i) => axis === i)) return constant;
  const strides = rowMajorStrides(shape);
  const layout = {
    offset: 0,
    shape: permutation.map((axis) => shape[axis]!),
    strides: permutation.map((axis) => strides[axis]!),
  };
  return { dtype, shape: layout.shape, data: gather(data, dtype, layout) };
}

function encode(tensor: WeightTensor, type: ElementType): Uint8Array {
  if (type === 'float16') return bytesOf(finiteHalves(toFloat32(tensor)));
  if (type === 'float32') return bytesOf(toFloat32(tensor));
  if (type === 'bool') return bytesOf(tensor.data);
  const numbers = new BigInt64Array(sizeOf(tensor.shape));
  for (const [i, value] of tensor.data.entries()) numbers[i] = BigInt(value);
  return bytesOf(numbers);
}

/** What is larger than float16 holds becomes its largest number, 65,504: a weight that is infinite spoils all. */
function finiteHalves(values: Float32Array): Uint16Array {
  const bits = toFloat16(values);
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7fff) === 0x7c00) bits[i]!--;
  return bits;
}
