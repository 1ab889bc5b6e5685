import { attr } from '../../tensorflow/index.js';
import { FLOAT, type Optimizer, times } from '../optimizer.js';
import { norm, trustRatio } from './trust.js';

/** eta of the paper: how far a weight moves at a learning rate of 1, as a share of its norm. */
const TRUST = 1e-3;

/**
 * Without a ratio LARS is momentum, whose rate is 0.03 where that of LARS is 1: at 1 a fine-tuning diverges
 * (EfficientNet-Lite0 on digits, 2 epochs: 11.7 % on held-out images).
 */
const UNADAPTED = 0.03;

/**
 * LARS, arXiv 1708.03888, algorithm 1:
 *
 *     r = eta ||w|| / (||g|| + lambda ||w||), with eta = 0.001
 *     v = momentum v + learningRate r (g + lambda w);  w = w - v
 *
 * The ratio r is 1 for biases and normalization, and in a run for the new head, which starts at zeros; a run gives these
 * 0.03 of the learning rate. The slot holds -v, as TensorFlow's kernel does.
 */
export const lars: Optimizer = {
  title: `LARS, arXiv 1708.03888; biases, normalization and a new head learn at ${UNADAPTED} of its rate`,
  defaults: { learningRate: 1, weightDecay: 1e-4 },
  decay: 'coupled',
  unadaptedRate: UNADAPTED,
  takesPenalty: true,
  slots: [{ name: 'momentum', start: 'zeros' }],
  update(f, { variable, slot, value, gradient, penalty, adapted, learningRate, momentum, after }) {
    let direction = penalty ? f.math('AddV2', [gradient, penalty]) : gradient;
    if (adapted) {
      const weightNorm = norm(f, value());
      const sizes = penalty ? f.math('AddV2', [norm(f, gradient), norm(f, penalty)]) : norm(f, gradient);
      direction = f.math('Mul', [direction, trustRatio(f, times(f, weightNorm, TRUST), sizes)]);
    }
    return [
      f.op(
        'ResourceApplyKerasMomentum',
        [variable, slot('momentum'), learningRate, direction, f.scalar(momentum), ...after],
        { ...FLOAT, use_nesterov: attr.bool(false) },
      ),
    ];
  },
};
