import type { OptimizerName, UpdatedWeight, UpdateOptions } from '../../src/optimize/index.js';
import type { Updates, Values } from './apply-update.js';

/** The numbers of a tensor, and what an optimizer remembers of it, in float64. */
interface State {
  w: number[];
  slots: Record<string, number[]>;
}

interface Call {
  g: number[];
  /** lambda, 0 where it does not apply. */
  lambda: number;
  coupled: boolean;
  rate: number;
  t: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  adapted: boolean;
}

const norm = (x: readonly number[]) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
const mix = (beta: number, x: readonly number[], y: readonly number[]) =>
  x.map((value, i) => beta * value + (1 - beta) * y[i]!);
const plus = (x: readonly number[], factor: number, y: readonly number[]) =>
  x.map((value, i) => value + factor * y[i]!);
const ratioOf = (above: number, below: number) => (above > 0 && below > 0 ? above / below : 1);

/** g + lambda w where decay is coupled; where it is not, w shrinks beside. */
function decay(state: State, { g, lambda, coupled, rate }: Call): number[] {
  if (coupled) return plus(g, lambda, state.w);
  state.w = plus(state.w, -rate * lambda, state.w);
  return g;
}

function adam(state: State, call: Call): void {
  const { rate, t, beta1, beta2, epsilon } = call;
  const g = decay(state, call);
  const m = mix(beta1, state.slots.m!, g);
  const v = mix(
    beta2,
    state.slots.v!,
    g.map((value) => value ** 2),
  );
  const alpha = (rate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
  state.w = state.w.map((w, i) => w - (alpha * m[i]!) / (Math.sqrt(v[i]!) + epsilon));
  state.slots = { m, v };
}

const OPTIMIZERS: Record<OptimizerName, (state: State, call: Call) => void> = {
  sgd(state, call) {
    const g = decay(state, call);
    state.w = plus(state.w, -call.rate, g);
  },
  momentum(state, call) {
    const g = decay(state, call);
    const v = plus(g, call.beta1, state.slots.momentum!);
    state.w = plus(state.w, -call.rate, v);
    state.slots = { momentum: v };
  },
  nesterov(state, call) {
    const g = decay(state, call);
    const v = plus(g, call.beta1, state.slots.momentum!);
    state.w = plus(state.w, -call.rate, plus(g, call.beta1, v));
    state.slots = { momentum: v };
  },
  rmsprop(state, call) {
    const g = decay(state, call);
    const rms = state.slots.rms!.map((r, i) => r + (1 - call.beta2) * (g[i]! ** 2 - r));
    const momentum = state.slots.momentum!.map(
      (v, i) => call.beta1 * v + (call.rate * g[i]!) / Math.sqrt(rms[i]! + call.epsilon),
    );
    state.w = plus(state.w, -1, momentum);
    state.slots = { rms, momentum };
  },
  adam,
  adamw: adam,
  lamb(state, call) {
    const { rate, t, beta1, beta2, epsilon, lambda, coupled, adapted } = call;
    // Decoupled decay is within the ratio, as algorithm 2 has it.
    const g = coupled ? plus(call.g, lambda, state.w) : call.g;
    const m = mix(beta1, state.slots.m!, g);
    const v = mix(
      beta2,
      state.slots.v!,
      g.map((value) => value ** 2),
    );
    let u = m.map((value, i) => value / (1 - beta1 ** t) / (Math.sqrt(v[i]! / (1 - beta2 ** t)) + epsilon));
    if (!coupled) u = plus(u, lambda, state.w);
    state.w = plus(state.w, -rate * (adapted ? ratioOf(norm(state.w), norm(u)) : 1), u);
    state.slots = { m, v };
  },
  lars(state, call) {
    const { lambda, coupled, rate, beta1, adapted } = call;
    const size = norm(call.g) + (coupled ? lambda * norm(state.w) : 0);
    const ratio = adapted ? ratioOf(0.001 * norm(state.w), size) : 1;
    const g = decay(state, call);
    // The slot of TensorFlow's kernel has the sign of the change.
    const momentum = state.slots.momentum!.map((v, i) => beta1 * v - rate * ratio * g[i]!);
    state.w = plus(state.w, 1, momentum);
    state.slots = { momentum };
  },
  lion(state, call) {
    const { g, lambda, coupled, rate, beta1, beta2 } = call;
    const coupledG = coupled ? plus(g, lambda, state.w) : g;
    const sign = mix(beta1, state.slots.m!, coupledG).map(Math.sign);
    state.w = plus(state.w, -rate, coupled ? sign : plus(sign, lambda, state.w));
    state.slots = { m: mix(beta2, state.slots.m!, coupledG) };
  },
};

const SLOTS: Record<OptimizerName, Record<string, number>> = {
  sgd: {},
  momentum: { momentum: 0 },
  nesterov: { momentum: 0 },
  rmsprop: { rms: 1, momentum: 0 },
  adam: { m: 0, v: 0 },
  adamw: { m: 0, v: 0 },
  lamb: { m: 0, v: 0 },
  lars: { momentum: 0 },
  lion: { m: 0 },
};
const BETA2: Partial<Record<OptimizerName, number>> = { rmsprop: 0.9, lion: 0.99 };
const EPSILON: Partial<Record<OptimizerName, number>> = { rmsprop: 1e-3, lamb: 1e-6 };
const DECOUPLED: readonly OptimizerName[] = ['adamw', 'lamb', 'lion'];

/** The updates of an optimizer without clipping in float64, written from the papers and from nothing of the source. */
export function reference(
  options: UpdateOptions,
  { weights, of = {}, gradients, learningRate }: Updates,
): { weights: Values; slots: Values } {
  const { optimizer, momentum, weightDecay, decayMode } = options;
  const found = { weights: {} as Values, slots: {} as Values };
  for (const [name, start] of Object.entries(weights)) {
    const { rate = 1 }: Partial<UpdatedWeight> = of[name] ?? {};
    const kernel = name.endsWith('kernel');
    const state: State = {
      w: [...start],
      slots: Object.fromEntries(
        Object.entries(SLOTS[optimizer]).map(([slot, value]) => [slot, start.map(() => value)]),
      ),
    };
    if (rate > 0) {
      gradients.forEach((gradient, index) => {
        const step = typeof learningRate === 'number' ? learningRate : learningRate[index]!;
        OPTIMIZERS[optimizer](state, {
          g: [...gradient[name]!],
          lambda: kernel ? weightDecay : 0,
          coupled: decayMode ? decayMode === 'coupled' : !DECOUPLED.includes(optimizer),
          rate: step * rate,
          t: index + 1,
          beta1: momentum,
          beta2: options.beta2 ?? BETA2[optimizer] ?? 0.999,
          epsilon: options.epsilon ?? EPSILON[optimizer] ?? 1e-8,
          adapted: kernel,
        });
      });
    }
    found.weights[name] = state.w;
    for (const [slot, values] of Object.entries(state.slots)) found.slots[`${name}/${slot}`] = values;
  }
  return found;
}
