import type { Bundle, BundleEntry } from './bundle.js';
import { OBJECT_GRAPH } from './object-graph.js';

/** A moving average of a weight, which TensorFlow 1 keeps beside it. It is a weight, not a state of training. */
const MOVING_AVERAGE = 'ExponentialMovingAverage';

/** Parts of keys of object-based checkpoints that lead to what only training needs. */
const TRAINING_OBJECTS = new Set([
  OBJECT_GRAPH,
  'save_counter',
  'optimizer',
  '.OPTIMIZER_SLOT',
  'keras_api',
  'compile_metrics',
  '_compile_metrics',
  '_loss_tracker',
]);

/** Variables of training that stand alone. */
const COUNTERS = new Set(['global_step', 'beta1_power', 'beta2_power', 'seed_generator_state']);

/** Slots of TensorFlow 1's optimizers, also where a scope comes before the variable's own name. */
const SLOT = /^(Momentum|RMSProp|Adam|AdamOptimizer|Adagrad|Adadelta|Ftrl|LARSOptimizer)(_\d+)?$/;

/**
 * Whether a key holds what only training needs: an optimizer's slots and counters, metrics, the step. A slot of
 * TensorFlow 1 bears its variable's name and one more part (`dense/kernel/Momentum`), and so does a moving average,
 * which is kept.
 *
 * @param name the variable's, where the checkpoint tells it
 */
export function isTrainingState(key: string, name: string, { entries }: Pick<Bundle, 'entries'>): boolean {
  const parts = key.split('/');
  if (parts.some((part) => TRAINING_OBJECTS.has(part))) return true;
  if (COUNTERS.has(name.split('/').at(-1) as string)) return true;
  const last = parts.at(-1) as string;
  if (SLOT.test(last)) return true;
  if (last === MOVING_AVERAGE) return false;
  const owner = entries.get(parts.slice(0, -1).join('/'));
  return owner !== undefined && isSlotOf(owner, entries.get(key));
}

function isSlotOf({ shape }: BundleEntry, slot: BundleEntry | undefined): boolean {
  return slot !== undefined && (slot.shape.length === 0 || slot.shape.join() === shape.join());
}
