import { attr, type Fragment, type Output } from '../tensorflow/index.js';

/** How weight decay is applied. */
export const DECAY_MODES = ['coupled', 'decoupled'] as const;
export type DecayMode = (typeof DECAY_MODES)[number];

/**
 * What an optimizer is given for one weight. `gradient` and `learningRate` are dead where the update does not take
 * place: whatever an optimizer writes must come from one of them.
 */
export interface UpdateCall {
  /** Resource of the weight, and of the optimizer's state for it, by slot. */
  variable: Output;
  slot: (name: string) => Output;
  /** The weight's value before the update. It becomes a parameter of the fragment by being asked for. */
  value: () => Output;
  /** Clipped; with the decay in it where that is coupled. */
  gradient: Output;
  /** lambda w, for an optimizer that {@link Optimizer.takesPenalty}. */
  penalty?: Output;
  /** Whether LARS and LAMB adapt the step to the size of the weight. */
  adapted: boolean;
  /** Scalar: the step's, times the weight's own rate. */
  learningRate: Output;
  /** Scalar: this update's number among the weight's own, from 1. */
  step: Output;
  /** beta1, where an optimizer has betas. */
  momentum: number;
  beta2: number;
  epsilon: number;
  /** Nodes that must have run before the weight is updated, as control inputs. */
  after: readonly Output[];
}

/** Part of an optimizer's state: a tensor of each weight's shape. */
export interface Slot {
  name: string;
  /** What it is filled with at first. */
  start: 'zeros' | 'ones';
}

/** An optimizer: the state that it keeps for a weight, and the operations that update a weight and its state. */
export interface Optimizer {
  /** For help, with its source. */
  title: string;
  /** The learning rate and weight decay that suit it, where a recipe leaves them open. */
  defaults: { learningRate: number; weightDecay: number };
  /**
   * How it was published. `coupled`: the penalty's gradient lambda w goes through the optimizer. `decoupled`: w
   * shrinks by learningRate lambda w, beside it (arXiv 1711.05101).
   */
  decay: DecayMode;
  /** It works with lambda w in its own way, where decay is applied as published. */
  takesPenalty?: boolean;
  /**
   * Share of the learning rate that a run gives weights without a ratio: biases, normalization and a new head.
   * @default 1
   */
  unadaptedRate?: number;
  /** Its own value; undefined where it has no such thing. */
  beta2?: number;
  epsilon?: number;
  slots: readonly Slot[];
  /** @returns the nodes that write */
  update(f: Fragment, call: UpdateCall): readonly string[];
}

/** Attribute of operations on float32. */
export const FLOAT = { T: attr.type('float32') };

/** Operations that write to variables name the element type so. */
export const VARIABLE = { dtype: attr.type('float32') };

/** A node that all weights share: the first call makes it. */
export function shared(f: Fragment, name: string, build: (name: string) => Output): Output {
  return f.has(name) ? name : build(name);
}

/** factor x */
export const times = (f: Fragment, x: Output, factor: number): Output =>
  factor === 1 ? x : f.math('Mul', [x, f.scalar(factor)]);

/** The value of a slot. */
export const readSlot = (f: Fragment, slot: Output): Output => f.op('ReadVariableOp', [slot], VARIABLE);

/**
 * Moves a slot: beta read + (1 - beta) towards.
 *
 * @returns the new value, and the node that writes it
 */
export function moveSlot(
  f: Fragment,
  { slot, read, towards, beta }: { slot: Output; read: Output; towards: Output; beta: number },
): { value: Output; write: string } {
  const value = f.math('AddV2', [times(f, read, beta), times(f, towards, 1 - beta)]);
  return { value, write: f.op('AssignVariableOp', [slot, value], VARIABLE) };
}
