import type { Json } from '../../models/topology.js';
import { InputError } from '../errors.js';
import type { PlainLayer } from './plain-layers.js';
import type { PlainTarget } from './plain-targets.js';

const rescaling = (scale: number, offset: number): PlainLayer => ({
  className: 'Rescaling',
  config: { scale, offset },
});

const activation = (name: string): PlainLayer => ({ className: 'Activation', config: { activation: name } });

const relu = (maximum: number): PlainLayer => ({ className: 'ReLU', config: { max_value: maximum } });

/** A product of outputs, by their places; the input of the layer that is replaced is `x`. */
const product = (...takes: (number | 'x')[]): PlainLayer => ({
  className: 'Multiply',
  config: {},
  takes: takes.map((each) => (each === 'x' ? { input: 0 } : each)),
});

/** clip(x / 5 + 1 / 2, 0, 1) */
const HARD_SIGMOID = [rescaling(0.2, 0.5), relu(1)];
/** relu6(x + 3) / 6 */
const HARD_SIGMOID_RELU6 = [rescaling(1, 3), relu(6), rescaling(1 / 6, 0)];
const HARD_SILU = [...HARD_SIGMOID_RELU6, product('x', 2)];

/** Layers that say an activation, made of activations that every target has. */
const PLAIN: Readonly<Record<string, readonly PlainLayer[]>> = {
  silu: [activation('swish')],
  relu6: [relu(6)],
  hardSigmoid: HARD_SIGMOID,
  hard_sigmoid: HARD_SIGMOID,
  celu: [activation('elu')],
  hard_sigmoid_relu6: HARD_SIGMOID_RELU6,
  hard_silu: HARD_SILU,
  hard_swish: HARD_SILU,
  leaky_relu: [{ className: 'LeakyReLU', config: { alpha: 0.2 } }],
  hard_tanh: [rescaling(1, 1), relu(2), rescaling(1, -1)],
  // -softplus(-x)
  log_sigmoid: [rescaling(-1, 0), activation('softplus'), rescaling(-1, 0)],
  // 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): tfjs has it, but does not find it under its own name
  gelu_new: [
    product('x', 'x'),
    rescaling(0.044715 * Math.sqrt(2 / Math.PI), Math.sqrt(2 / Math.PI)),
    product('x', 1),
    activation('tanh'),
    rescaling(0.5, 0.5),
    product('x', 4),
  ],
};

/** Whether an activation is one that a target has under no name. */
export function hasForeignActivation(name: Json | undefined, { activations }: PlainTarget): boolean {
  return name != null && !Object.hasOwn(activations, String(name));
}

/**
 * Layers that compute an activation; undefined where the target has it.
 *
 * @throws InputError for an activation that has no such form
 */
export function plainActivation(
  layer: string,
  name: Json | undefined,
  target: PlainTarget,
): readonly PlainLayer[] | undefined {
  if (!hasForeignActivation(name, target)) return undefined;
  const known = String(name);
  if (Object.hasOwn(PLAIN, known)) return PLAIN[known];
  throw new InputError(
    `Layer '${layer}' has activation '${known}', which ${target.program} cannot say. Export to another format.`,
  );
}
