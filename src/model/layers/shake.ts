import { InputError } from '../../errors.js';
import type { Output } from '../../tensorflow/index.js';
import {
  type LayerBuilder,
  type LayerCall,
  noiseShape,
  number,
  pair,
  single,
  T,
  type Value,
} from './layer.js';
import { average } from './merge.js';

/** Draws of a shaking layer, which must differ. */
const DRAW = { gate: 0, forward: 1, backward: 2 } as const;

/**
 * `ShakeDrop`, a layer of this project (arXiv 1802.02375, equation 6): a residual branch times b + alpha - b alpha on
 * the way forward and b + beta - b beta on the way back, with a gate b that is 1 at `keep_probability`, and alpha and
 * beta uniform in the ranges `alpha` and `beta`, all drawn for each image. Inference takes the forward expectation.
 */
export const shakeDrop: LayerBuilder = (call) => {
  const { fragment: f, config } = call;
  const input = single(call);
  const keep = number(config.keep_probability, 1);
  const alpha = pair(config.alpha, [-1, 1]);
  const beta = pair(config.beta, [0, 1]);
  if (!call.training) {
    const factor = f.scalar(shakeDropExpectation(keep, alpha));
    return { output: f.math('Mul', [input.output, factor]), shape: input.shape };
  }
  const drawn = f.op('Less', [perImage(call, input, DRAW.gate), f.scalar(keep)], T);
  const gate = f.cast(drawn, 'bool', 'float32');
  const closed = f.math('Sub', [f.scalar(1), gate]);
  const coefficient = (draw: number, [low, high]: readonly [number, number]) => {
    const scaled = f.math('Mul', [perImage(call, input, draw), f.scalar(high - low)]);
    const value = f.math('AddV2', [scaled, f.scalar(low)]);
    // b + value - b value
    return f.math('AddV2', [gate, f.math('Mul', [closed, value])]);
  };
  const times = (factor: Output) => f.math('Mul', [input.output, factor]);
  const forward = times(coefficient(DRAW.forward, alpha));
  const backward = times(coefficient(DRAW.backward, beta));
  return { output: withGradientOf(call, forward, backward), shape: input.shape };
};

/** What ShakeDrop multiplies by at inference: p + E(alpha) - p E(alpha). */
export function shakeDropExpectation(keep: number, [low, high]: readonly [number, number]): number {
  const alpha = (low + high) / 2;
  return keep + alpha - keep * alpha;
}

/**
 * `ShakeShake`, a layer of this project (arXiv 1705.07485, "Shake-Shake-Image"): alpha a + (1 - alpha) b of two
 * branches on the way forward, beta a + (1 - beta) b on the way back, alpha and beta uniform in [0, 1), drawn for
 * each image. Inference takes the mean.
 */
export const shakeShake: LayerBuilder = (call) => {
  const { fragment: f } = call;
  const [a, b] = call.inputs;
  if (!a || !b || call.inputs.length !== 2 || a.shape.join() !== b.shape.join()) {
    const shapes = call.inputs.map(({ shape }) => `[${shape}]`).join(', ');
    throw new InputError(`Layer '${call.name}' takes two inputs of one shape, received ${shapes}.`);
  }
  if (!call.training) return average(call);
  const mix = (share: Output) => {
    const first = f.math('Mul', [a.output, share]);
    const second = f.math('Mul', [b.output, f.math('Sub', [f.scalar(1), share])]);
    return f.math('AddV2', [first, second]);
  };
  const forward = mix(perImage(call, a, DRAW.forward));
  const backward = mix(perImage(call, a, DRAW.backward));
  return { output: withGradientOf(call, forward, backward), shape: a.shape };
};

/** A uniform number for each image of the batch, that broadcasts over it. */
const perImage = (call: LayerCall, value: Value, draw: number): Output =>
  call.uniform(noiseShape(call, value, [null, ...value.shape.map(() => 1)]), draw);

/** The value of `forward` with the gradient of `backward`: stop_gradient(forward - backward) + backward. */
function withGradientOf({ fragment: f }: LayerCall, forward: Output, backward: Output): Output {
  const stopped = f.math('StopGradient', [f.math('Sub', [forward, backward])]);
  return f.math('AddV2', [stopped, backward]);
}
