import { moveSlot, type Optimizer, readSlot, times, VARIABLE } from '../optimizer.js';

/**
 * Lion, arXiv 2302.06675, program 1; beta1 is the recipe's momentum:
 *
 *     w = w - learningRate (sign(beta1 m + (1 - beta1) g) + lambda w);  m = beta2 m + (1 - beta2) g
 */
export const lion: Optimizer = {
  title: 'Lion, arXiv 2302.06675',
  // A tenth of AdamW's rate and ten times its decay, as section 5 of the paper advises.
  defaults: { learningRate: 5e-5, weightDecay: 0.1 },
  decay: 'decoupled',
  beta2: 0.99,
  slots: [{ name: 'm', start: 'zeros' }],
  update(f, { variable, slot, gradient, learningRate, momentum: beta1, beta2, after }) {
    const read = readSlot(f, slot('m'));
    const mixed = f.math('AddV2', [times(f, read, beta1), times(f, gradient, 1 - beta1)]);
    const change = f.math('Mul', [f.math('Sign', [mixed]), learningRate]);
    const { write } = moveSlot(f, { slot: slot('m'), read, towards: gradient, beta: beta2 });
    return [write, f.op('AssignSubVariableOp', [variable, change, ...after], VARIABLE)];
  },
};
