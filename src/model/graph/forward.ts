import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { attr, type DataType, Fragment, type Output } from '../../tensorflow/index.js';
import type { Forward, ForwardOptions, ForwardWeight } from '../forward.js';
import { initializer } from '../initializers.js';
import type { NormStatistics } from '../layers/layer.js';
import { uniformOf } from '../uniform.js';
import { encodeAttribute, floatAttribute, shapeAttribute, typeAttribute } from './attributes.js';
import { constantOf, weightOf } from './constants.js';
import { dataInputs, sourceOf } from './nodes.js';
import { operationOf } from './operations.js';
import { dropoutRate } from './own-nodes.js';
import { traceShapes } from './shapes.js';
import { assertTrainable } from './trainable.js';

/** Nodes of the graph lie below this name in the fragment, apart from its parameters. */
const SCOPE = 'graph';
/** A frozen batch normalization has no momentum of its own: this is Keras's. */
const MOMENTUM = 0.99;

/** Name of a graph's node in its forward pass. */
export const nodeInForward = (node: string): string => `${SCOPE}/${node}`;

/**
 * The forward pass of a graph as a fragment. In training, batch normalizations take the batch's statistics and report
 * them, and dropout drops; the rest is as the graph says.
 *
 * @throws InputError for an operation that is not supported and, in training, for one without a gradient
 */
export function graphForward(
  topology: GraphTopology,
  { training, normMode = 'batch', imageSize, frozen = () => false }: ForwardOptions,
): Forward {
  const { name, nodes, input, output } = topology.config;
  if (training) assertTrainable(topology);
  const f = new Fragment();
  const weights: ForwardWeight[] = [];
  const statistics: NormStatistics[] = [];
  const places = new Map<string, Output>();
  const outputs = new Map<string, Output>();
  let inputShape: readonly number[] | undefined;
  let random = false;

  const place = (from: string): Output => {
    const { node, index } = sourceOf(from);
    const found = places.get(node);
    if (found === undefined) {
      throw new InputError(`The graph '${name}' takes '${node}', which does not come before it.`);
    }
    return index === 0 ? found : `${found}:${index}`;
  };

  nodes.forEach((node, position) => {
    const weight = weightOf(node);
    const rate = dropoutRate(node);
    if (node.name === input) {
      inputShape = sizeOfImages(node, imageSize);
      places.set(node.name, addImages(f, node, inputShape));
    } else if (weight) {
      const start = initializer(weight.initializer, 'zeros');
      weights.push({ name: node.name, shape: weight.shape, trainable: weight.trainable, initializer: start });
      places.set(node.name, f.input(node.name, 'float32', weight.shape));
    } else if (rate !== undefined && training && rate > 0) {
      random = true;
      places.set(
        node.name,
        f.within(`dropout/${position}`, () => drop(f, place(dataInputs(node)[0]!), rate, position)),
      );
    } else {
      const inputs = dataInputs(node);
      // One that prepares the images has no weights, and is not trained.
      const isTrained = node.op === 'FusedBatchNormV3' && weights.some((each) => each.name === inputs[3]);
      const found = isTrained && training && normMode === 'batch' ? statisticsOf(node) : undefined;
      const batchStatistics = found !== undefined && !frozen(found.layer);
      if (batchStatistics) statistics.push(found);
      places.set(node.name, addNode(f, node, inputs.map(place), batchStatistics));
    }
    const onImages = dataInputs(node).some((each) => {
      const source = sourceOf(each).node;
      return source === input || outputs.has(source);
    });
    if (onImages && givesFloats(node)) outputs.set(node.name, places.get(node.name)!);
  });

  const shape = traceShapes(topology).get(output);
  const classes = shape?.at(-1) ?? -1;
  if (!inputShape || shape?.length !== 2 || classes < 1) {
    throw new InputError(
      `The graph model '${name}' gives [${shape ?? 'an unknown shape'}] at '${output}'; expected [batch, classes].`,
    );
  }
  const logits = f.identity(place(output), 'logits');
  return { fragment: f, weights, logits, classes, inputShape, statistics, outputs, random };
}

function sizeOfImages(node: GraphNode, imageSize: number | undefined): readonly number[] {
  const [, height = -1, width = -1, channels = -1] = shapeAttribute(node, 'shape') ?? [];
  const shape = [imageSize ?? height, imageSize ?? width, channels < 1 ? 3 : channels];
  if (shape.every((size) => size > 0)) return shape;
  throw new InputError(
    `The input '${node.name}' takes images of any size, [${[height, width]}]. Give the image size.`,
  );
}

/** The parameter for images, in the type that the graph takes. */
function addImages(f: Fragment, node: GraphNode, shape: readonly number[]): Output {
  f.input('images', 'float32', [-1, ...shape]);
  const dtype = typeAttribute(node, 'dtype');
  return dtype === 'float32' ? 'images' : f.cast('images', 'float32', dtype);
}

function addNode(f: Fragment, node: GraphNode, inputs: readonly Output[], batchStatistics: boolean): Output {
  const name = nodeInForward(node.name);
  if (node.op === 'Const') {
    const constant = constantOf(node);
    if (!constant) throw new InputError(`The constant '${node.name}' has no value.`);
    const { dtype, data, shape } = constant;
    return f.op('Const', [], { dtype: attr.type(dtype), value: attr.tensor(dtype, data, shape) }, name);
  }
  const { attributes } = operationOf(node);
  const encoded = Object.fromEntries(
    Object.entries(attributes).flatMap(([key, kind]) => {
      const value = encodeAttribute(node, key, kind);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  if (node.op !== 'FusedBatchNormV3') return f.op(node.op, inputs, encoded, name);
  const none = f.constant(new Float32Array(0));
  const [x, gamma, beta, mean, variance] = inputs as [Output, Output, Output, Output, Output];
  return f.op(
    node.op,
    [x, gamma, beta, ...(batchStatistics ? [none, none] : [mean, variance])],
    { ...encoded, is_training: attr.bool(batchStatistics) },
    name,
  );
}

/** Whether the first output of an operation is values, not sizes, places or truths. */
function givesFloats(node: GraphNode): boolean {
  const key = node.op === 'Cast' ? 'DstT' : node.op === 'GatherV2' ? 'Tparams' : 'T';
  return operationOf(node).gradient !== 'stops' && typeAttribute(node, key) === 'float32';
}

/** The moving statistics of a batch normalization, which bear the name of its layer. */
function statisticsOf(node: GraphNode): NormStatistics {
  const [, , , mean = '', variance = ''] = dataInputs(node);
  const layer = mean.replace(/\/moving_mean$/, '');
  if (mean !== `${layer}/moving_mean` || variance !== `${layer}/moving_variance`) {
    throw new InputError(
      `The batch normalization '${node.name}' takes '${mean}' and '${variance}'; expected weights moving_mean and ` +
        'moving_variance of one layer.',
    );
  }
  const place = nodeInForward(node.name);
  const momentum = floatAttribute(node, '_momentum', MOMENTUM);
  return { layer, batchMean: `${place}:1`, batchVariance: `${place}:2`, momentum };
}

/** Zeroes values with probability `rate`, and scales the others by 1 / (1 - rate). */
function drop(f: Fragment, x: Output, rate: number, position: number): Output {
  const T = { T: attr.type('float32' satisfies DataType) };
  const shape = f.op('Shape', [x], { ...T, out_type: attr.type('int32') });
  const keep = f.op('GreaterEqual', [uniformOf(f, shape, position), f.scalar(rate)], T);
  const mask = f.math('Mul', [f.cast(keep, 'bool', 'float32'), f.scalar(1 / (1 - rate))]);
  return f.math('Mul', [x, mask]);
}
