import type { LayerConfig } from '../../../../models/topology.js';
import type { ModelNode } from './model-tree.js';

type Config = LayerConfig['config'];

/** One of the layers that an activation becomes; `inputs` are `x`, what the activation takes, or layers before it. */
export interface ActivationStep {
  suffix: string;
  class_name: string;
  config: Omit<Config, 'name'>;
  inputs: ('x' | 'before')[];
}

/** hard sigmoid of Keras 3: relu6(x + 3) / 6, which is x / 6 + 1 / 2 within 0 and 1. */
const HARD_SIGMOID: readonly ActivationStep[] = [
  { suffix: '_scaled', class_name: 'Rescaling', config: { scale: 1 / 6, offset: 0.5 }, inputs: ['x'] },
  { suffix: '_gate', class_name: 'ReLU', config: { max_value: 1 }, inputs: ['before'] },
];

/** x times the hard sigmoid, arXiv 1905.02244, section 5.2. */
const HARD_SILU: readonly ActivationStep[] = [
  ...HARD_SIGMOID,
  { suffix: '_gated', class_name: 'Multiply', config: {}, inputs: ['x', 'before'] },
];

/**
 * The layers that an activation of Keras 3 is made of, where Keras 2 and tfjs do not have it, or mean another function by
 * its name: to them the hard sigmoid is x / 5 + 1 / 2.
 */
export function activationSteps(config: Config, version: ModelNode['version']): readonly ActivationStep[] {
  const { activation } = config;
  if (activation === 'hard_silu' || activation === 'hard_swish') return HARD_SILU;
  return activation === 'hard_sigmoid' && version === 3 ? HARD_SIGMOID : [];
}
