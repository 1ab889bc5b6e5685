import type { Topology } from '../../../models/topology.js';
import { InputError, invalid } from '../../errors.js';
import { OPTIMIZERS, type OptimizerName } from '../../optimize/index.js';
import { sizeOf } from '../../tensorflow/index.js';
import { type TracedLayer, traceLayers } from '../trace.js';
import { type MemoryEstimate, trainingMemory } from './memory.js';

export interface SummaryOptions {
  /** Side of the square input, in pixels. @default the topology's */
  imageSize?: number;
  /** Images a step, for the memory of training. @default 32 */
  batchSize?: number;
  /** Base optimizer, for its state. @default 'adamw' */
  optimizer?: OptimizerName;
  /** Whether a step has SAM's second pass. @default true */
  sam?: boolean;
}

/** One layer of a summary. */
export interface LayerSummary {
  name: string;
  className: string;
  /** Without the batch: `[height, width, channels]` or `[features]`. */
  outputShape: readonly number[];
  /** All its weights, as Keras counts them: moving statistics included. */
  parameters: number;
  /** Products with kernels, for one image. */
  multiplyAdds: number;
}

/** What a network is made of, what it computes for one image, and what training it takes. */
export interface Summary {
  name: string;
  /** `[height, width, channels]` */
  inputShape: readonly number[];
  batchSize: number;
  optimizer: OptimizerName;
  sam: boolean;
  layers: readonly LayerSummary[];
  parameters: number;
  /** Parameters that an optimizer updates. */
  trainable: number;
  multiplyAdds: number;
  memory: MemoryEstimate;
}

/**
 * Summarizes a network from its shapes alone: nothing is computed or allocated, the largest takes a moment too.
 * Multiply-adds are those of convolutions and dense layers, as papers count them: what normalization, activations and
 * pooling take is not in them. Memory is an estimate: see
 * {@link trainingMemory}.
 *
 * @throws InputError for a graph model, a layer that is not supported, an image too small for the network
 * @example summarize(findBase('efficientnet-b7')!.build(), { batchSize: 8 }).memory.total
 */
export function summarize(topology: Topology, options: SummaryOptions = {}): Summary {
  const { imageSize, batchSize = 32, optimizer = 'adamw', sam = true } = options;
  if (topology.class_name === 'Graph') {
    throw new InputError(
      `'${topology.config.name}' is a graph model, which has operations and no layers: there is no summary of it. ` +
        'That of the architecture that it was made from is available by its name: sam-finetune bases.',
    );
  }
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw invalid('batch size', 'a whole number of 1 or more', batchSize);
  const traced = traceLayers(topology, { imageSize });
  const weights = traced.flatMap((layer) => layer.weights);
  const count = (only: (trainable: boolean) => boolean) =>
    weights.reduce((sum, { shape, trainable }) => sum + (only(trainable) ? sizeOf(shape) : 0), 0);
  const [parameters, trainable] = [count(() => true), count((each) => each)];
  const layers = traced.map(layerSummary);
  const { slots } = OPTIMIZERS[optimizer];
  return {
    name: topology.config.name,
    inputShape: traced[0]!.shape,
    batchSize,
    optimizer,
    sam,
    layers,
    parameters,
    trainable,
    multiplyAdds: layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
    memory: trainingMemory(traced, { parameters, trainable, batchSize, slots: slots.length, sam }),
  };
}

function layerSummary(layer: TracedLayer): LayerSummary {
  const { name, className, shape, weights } = layer;
  const parameters = weights.reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
  return { name, className, outputShape: shape, parameters, multiplyAdds: multiplyAdds(layer) };
}

/** Every value of a kernel is multiplied once at each place of the output. */
function multiplyAdds({ shape, weights }: TracedLayer): number {
  const places = sizeOf(shape.slice(0, -1));
  const kernels = weights.filter(({ name }) => /(^|_|\/)kernel$/.test(name));
  return kernels.reduce((sum, kernel) => sum + places * sizeOf(kernel.shape), 0);
}
