import { attr, type Fragment, type Output } from '../tensorflow/index.js';

/** A float32 output, or a number that becomes a constant. */
export type Operand = Output | number;

/** Element-wise float32 arithmetic in a fragment, with broadcasting; comparisons give booleans. */
export function arithmetic(f: Fragment) {
  const value = (operand: Operand) => (typeof operand === 'number' ? f.scalar(operand) : operand);
  const unary = (op: string) => (x: Operand) => f.math(op, [value(x)]);
  const binary = (op: string) => (x: Operand, y: Operand) => f.math(op, [value(x), value(y)]);
  const add = binary('AddV2');
  const floor = unary('Floor');
  return {
    add,
    subtract: binary('Sub'),
    multiply: binary('Mul'),
    divide: binary('RealDiv'),
    minimum: binary('Minimum'),
    maximum: binary('Maximum'),
    power: binary('Pow'),
    exponential: unary('Exp'),
    squareRoot: unary('Sqrt'),
    sine: unary('Sin'),
    cosine: unary('Cos'),
    negative: unary('Neg'),
    floor,
    /** To the next whole number, halves upwards. */
    round: (x: Operand) => floor(add(x, 0.5)),
    less: binary('Less'),
    lessEqual: binary('LessEqual'),
    greater: binary('Greater'),
    equal: binary('Equal'),
    and: (...all: [Output, ...Output[]]) => all.reduce((x, y) => f.op('LogicalAnd', [x, y])),
    select: (condition: Output, then: Operand, otherwise: Operand) =>
      f.math('SelectV2', [condition, value(then), value(otherwise)]),
    clip: (x: Operand, low: number, high: number) =>
      f.math('ClipByValue', [value(x), f.scalar(low), f.scalar(high)]),
    /** float32 `[n, outputs]` of as many outputs `[n]`. */
    columns: (outputs: readonly Output[]) =>
      f.op('Pack', outputs, { T: attr.type('float32'), N: attr.int(outputs.length), axis: attr.int(1) }),
    /** `[n]`, as `[n, 1, ...]` of this rank, to be broadcast over images. */
    perImage: (x: Output, rank = 4) => f.reshape(x, [-1, ...Array(rank - 1).fill(1)]),
  };
}

/** An element of a float32 vector of constants for each index: int32 `[n]` to float32 `[n]`. */
export function lookUp(f: Fragment, values: readonly number[], indices: Output): Output {
  return f.op(
    'GatherV2',
    [f.constant(Float32Array.from(values)), indices, f.constant(Int32Array.of(0), [])],
    {
      Tparams: attr.type('float32'),
      Tindices: attr.type('int32'),
      Taxis: attr.type('int32'),
    },
  );
}
