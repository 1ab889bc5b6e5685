import { InputError } from '../../errors.js';
import { attr, type Output } from '../../tensorflow/index.js';
import { type LayerBuilder, type LayerCall, number, T } from './layer.js';

/** Shapes broadcast from the right, as NumPy's do; inputs of fewer dimensions count as having leading ones. */
function broadcast({ inputs, name }: LayerCall): number[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = inputs.map(({ shape }) => shape[axis - rank + shape.length] ?? 1);
    const size = Math.max(...sizes);
    if (sizes.some((each) => each !== size && each !== 1)) {
      const shapes = inputs.map(({ shape }) => `[${shape}]`).join(' and ');
      throw new InputError(`Layer '${name}' cannot merge ${shapes}.`);
    }
    return size;
  });
}

/** The inputs with one number of dimensions, and the shape of what they make together. */
function aligned(call: LayerCall): { outputs: Output[]; shape: number[] } {
  if (call.inputs.length < 2) throw new InputError(`Layer '${call.name}' merges two inputs or more.`);
  const shape = broadcast(call);
  const outputs = call.inputs.map((input) => {
    const missing = shape.length - input.shape.length;
    if (missing === 0) return input.output;
    // Sizes are added behind the batch, not before it.
    return call.fragment.reshape(input.output, [-1, ...Array(missing).fill(1), ...input.shape]);
  });
  return { outputs, shape };
}

const elementwise =
  (op: 'AddV2' | 'Mul' | 'Maximum' | 'Minimum'): LayerBuilder =>
  (call) => {
    const { outputs, shape } = aligned(call);
    return { output: outputs.reduce((sum, x) => call.fragment.math(op, [sum, x])), shape };
  };

export const add = elementwise('AddV2');
export const multiply = elementwise('Mul');
export const maximum = elementwise('Maximum');
export const minimum = elementwise('Minimum');

/** `Average` of all inputs. */
export const average: LayerBuilder = (call) => {
  const { output, shape } = add(call);
  return { output: call.fragment.math('Mul', [output, call.fragment.scalar(1 / call.inputs.length)]), shape };
};

/** `Subtract`: the first input less the second. */
export const subtract: LayerBuilder = (call) => {
  if (call.inputs.length !== 2) {
    throw new InputError(`Layer '${call.name}' takes two inputs, received ${call.inputs.length}.`);
  }
  const { outputs, shape } = aligned(call);
  return { output: call.fragment.math('Sub', outputs), shape };
};

/** `Concatenate` along an axis; 1 is the first after the batch. */
export const concatenate: LayerBuilder = (call) => {
  const { fragment: f, inputs } = call;
  const rank = inputs[0]!.shape.length;
  const given = number(call.config.axis, -1);
  const axis = given < 0 ? given + rank : given - 1;
  const others = (shape: readonly number[]) => shape.filter((_, i) => i !== axis).join();
  if (inputs.some(({ shape }) => shape.length !== rank || others(shape) !== others(inputs[0]!.shape))) {
    const shapes = inputs.map(({ shape }) => `[${shape}]`).join(' and ');
    throw new InputError(`Layer '${call.name}' cannot concatenate ${shapes} along axis ${given}.`);
  }
  const output = f.op(
    'ConcatV2',
    [...inputs.map((input) => input.output), f.constant(Int32Array.of(axis + 1), [])],
    {
      ...T,
      N: attr.int(inputs.length),
      Tidx: attr.type('int32'),
    },
  );
  const size = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return { output, shape: inputs[0]!.shape.map((each, i) => (i === axis ? size : each)) };
};
