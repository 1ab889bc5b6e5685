import { moveSlot, type Optimizer, readSlot, shared, VARIABLE } from '../optimizer.js';
import { norm, trustRatio } from './trust.js';

/**
 * LAMB, arXiv 1904.00962, algorithm 2 with phi(z) = z; beta1 is the recipe's momentum:
 *
 *     m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
 *     u = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + lambda w
 *     w = w - learningRate ||w|| / ||u|| u
 *
 * The ratio is 1 for biases and normalization, and in a run for the new head, which starts at zeros. Decoupled decay is the
 * lambda w of these equations: outside the moments, inside the ratio.
 */
export const lamb: Optimizer = {
  title: 'LAMB, arXiv 1904.00962',
  defaults: { learningRate: 2e-3, weightDecay: 0.01 },
  decay: 'decoupled',
  takesPenalty: true,
  beta2: 0.999,
  epsilon: 1e-6,
  slots: [
    { name: 'm', start: 'zeros' },
    { name: 'v', start: 'zeros' },
  ],
  update(f, call) {
    const { variable, slot, gradient, penalty, learningRate, step, momentum: beta1, beta2, epsilon } = call;
    // 1) the moments
    const m = moveSlot(f, {
      slot: slot('m'),
      read: readSlot(f, slot('m')),
      towards: gradient,
      beta: beta1,
    });
    const v = moveSlot(f, {
      slot: slot('v'),
      read: readSlot(f, slot('v')),
      towards: f.math('Square', [gradient]),
      beta: beta2,
    });

    // 2) the direction; 1 - beta^t by expm1, which keeps its digits for a beta close to one
    const correction = (name: string, beta: number) =>
      shared(f, `${name}_at_${step}`, (own) => {
        const power = f.math('Mul', [step, f.scalar(Math.log(beta))]);
        return f.math('Neg', [f.math('Expm1', [power])], 'float32', own);
      });
    const root = f.math('Sqrt', [f.math('RealDiv', [v.value, correction('correction2', beta2)])]);
    let direction = f.math('RealDiv', [
      f.math('RealDiv', [m.value, correction('correction1', beta1)]),
      f.math('AddV2', [root, f.scalar(epsilon)]),
    ]);
    if (penalty) direction = f.math('AddV2', [direction, penalty]);

    // 3) as long as the weight is large
    let rate = learningRate;
    if (call.adapted) {
      rate = f.math('Mul', [rate, trustRatio(f, norm(f, call.value()), norm(f, direction))]);
    }
    const change = f.math('Mul', [direction, rate]);
    return [m.write, v.write, f.op('AssignSubVariableOp', [variable, change, ...call.after], VARIABLE)];
  },
};
