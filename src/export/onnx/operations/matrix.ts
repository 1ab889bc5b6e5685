import { boolAttribute, stringAttribute } from '../../../model/graph/attributes.js';
import { broadcast, type Call, type Converter, emit, result, tensor, unsupported } from '../call.js';
import { attribute } from '../proto.js';
import type { Value } from '../value.js';

/** `MatMul` of two matrices. */
export const matMul: Converter = (call) => {
  const [a, b] = call.inputs as [Value, Value];
  const [transA, transB] = [boolAttribute(call.node, 'transpose_a'), boolAttribute(call.node, 'transpose_b')];
  const attributes = { transA: attribute.int(Number(transA)), transB: attribute.int(Number(transB)) };
  const names = [a, b].map((each) => tensor(call, each, 'plain').name);
  const shape = [a.shape[transA ? 1 : 0]!, b.shape[transB ? 0 : 1]!];
  return result(call, emit(call, 'Gemm', names, { attributes }), 'plain', shape, { tensorShape: shape });
};

/** `BatchMatMul` and `BatchMatMulV2`: products of the last two axes. */
export const batchMatMul: Converter = (call) => {
  const sides = (['x', 'y'] as const).map((side, i) => {
    const value = call.inputs[i]!;
    const { name } = tensor(call, value, 'plain');
    if (!boolAttribute(call.node, `adj_${side}`)) return { name, shape: value.shape };
    const perm = swapLast(value.shape.map((_, axis) => axis));
    const attributes = { perm: attribute.ints(perm) };
    return {
      name: emit(call, 'Transpose', [name], { part: side, attributes }),
      shape: swapLast(value.shape),
    };
  });
  const [a, b] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const outer = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const shape = [...broadcast(call, outer), a.shape.at(-2)!, b.shape.at(-1)!];
  return result(call, emit(call, 'MatMul', [a.name, b.name]), 'plain', shape, { tensorShape: shape });
};

const swapLast = (values: readonly number[]): number[] => [
  ...values.slice(0, -2),
  values.at(-1)!,
  values.at(-2)!,
];

/** `Einsum`, whose equations both programs read alike. */
export const einsum: Converter = (call) => {
  const equation = stringAttribute(call.node, 'equation').replaceAll(' ', '');
  const [terms, target] = equation.split('->');
  const sizes = new Map<string, number>();
  for (const [i, labels] of terms!.split(',').entries())
    for (const [axis, label] of [...labels].entries()) sizes.set(label, call.inputs[i]!.shape[axis]!);
  if (target === undefined || equation.includes('.'))
    throw unsupported(call, `has the equation '${equation}'`);
  const shape = [...target].map((label) => sizes.get(label)!);
  return multiplied(call, equation, shape);
};

function multiplied(call: Call, equation: string, shape: readonly number[]): Value {
  const names = call.inputs.map((each) => tensor(call, each, 'plain').name);
  const attributes = { equation: attribute.string(equation) };
  return result(call, emit(call, 'Einsum', names, { attributes }), 'plain', shape, { tensorShape: shape });
}
