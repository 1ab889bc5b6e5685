import type { TracedLayer } from '../trace.js';
import { countActivations } from './activations.js';

/** Bytes that training takes. The parts of a step are those at its peak, in the backward pass of its second pass. */
export interface MemoryEstimate {
  weights: number;
  /** Of the pass at its peak. SAM's two passes have one each, and the first is gone when the second needs its own. */
  gradients: number;
  /** w + e, beside w. 0 without SAM. */
  perturbation: number;
  /** The optimizer's state. */
  optimizer: number;
  /** Weight decay and the update on their way. */
  update: number;
  /** What a forward pass leaves for its backward pass, and the gradients between layers. */
  activations: number;
  /** Scratch memory of convolutions, and copies in the layouts that they want. */
  scratch: number;
  /** All of the above: what a device needs. */
  total: number;
  /** `activations` and `scratch`, by the batch size. */
  perImage: number;
  /** Resident memory of the process when that device is the CPU: the total, Node, TensorFlow and the graph. */
  process: number;
}

export interface MemoryOptions {
  parameters: number;
  trainable: number;
  batchSize: number;
  /** Tensors of a weight's size that the optimizer keeps. */
  slots: number;
  sam: boolean;
}

const FLOAT32 = 4;
const MIB = 2 ** 20;

/** Measured on CPUs with oneDNN, as a share of the activations; without oneDNN there is close to none. */
const SCRATCH_SHARE = 0.2;
/** Measured: Node and TensorFlow with an open session, and what the graph takes for each layer. */
const PROCESS = 560 * MIB;
const GRAPH_PER_LAYER = 0.7 * MIB;

/**
 * Estimates the memory that training in float32 takes. Activations follow from what TensorFlow's gradients keep of each
 * layer; without oneDNN, resident memory grows by just that with each image more (EfficientNet-B0, 224 px: 108 MiB).
 * Scratch memory and what the process takes are measured constants. Against the peak resident memory of three SAM steps
 * on a CPU (EfficientNet B0, B4, B7, Lite0, Lite4 and ResNet-50, 64 to 224 px, batch 4 to 32, TensorFlow 2.21),
 * `process` was from 7 % too low to 7 % too high. GPUs have not been measured: kernels there choose their own scratch
 * memory. Without SAM a step takes the perturbation less.
 */
export function trainingMemory(layers: readonly TracedLayer[], options: MemoryOptions): MemoryEstimate {
  const { parameters, trainable, batchSize, slots, sam } = options;
  const own = trainable * FLOAT32;
  const activations = countActivations(layers).peak * FLOAT32 * batchSize;
  const scratch = Math.round(SCRATCH_SHARE * activations);
  const parts = {
    weights: parameters * FLOAT32,
    gradients: own,
    perturbation: sam ? own : 0,
    optimizer: slots * own,
    update: own,
    activations,
    scratch,
  };
  const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  return {
    ...parts,
    total,
    perImage: Math.round((activations + scratch) / batchSize),
    process: total + PROCESS + Math.round(GRAPH_PER_LAYER * layers.length),
  };
}
