import { floatAttribute } from '../../../model/graph/attributes.js';
import type { WeightTensor } from '../../../model/weights.js';
import { toFloat32 } from '../../../weights/to-float32.js';
import { type Call, type Converter, emit, result, tensor } from '../call.js';
import { storeFloats } from '../layout.js';
import { attribute } from '../proto.js';
import { isChannelsFirst, type Value } from '../value.js';

/** `FusedBatchNormV3` with moving statistics. */
export const batchNorm: Converter = (call) => {
  const [images, ...parameters] = call.inputs as [Value, Value, Value, Value, Value];
  const epsilon = floatAttribute(call.node, 'epsilon', 1e-4);
  const { name, shape } = tensor(call, images, 'channelsFirst');
  const known = parameters.flatMap(({ constant }) => (constant ? [constant] : []));
  const output =
    call.type === 'float16' && known.length === 4
      ? scaled(call, name, known, epsilon)
      : emit(
          call,
          'BatchNormalization',
          [name, ...parameters.map((each) => tensor(call, each, 'plain').name)],
          {
            attributes: { epsilon: attribute.float(epsilon) },
          },
        );
  return result(call, output, 'channelsFirst', images.shape, { tensorShape: shape });
};

/** Variances are not all within float16: x scale + offset, with scale = gamma / sqrt(variance + epsilon). */
function scaled(call: Call, x: string, parameters: readonly WeightTensor[], epsilon: number): string {
  const [gamma, beta, mean, variance] = parameters.map(toFloat32) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const { graph, node, type } = call;
  const scale = () => gamma.map((value, i) => value / Math.sqrt(variance[i]! + epsilon));
  const offset = () => scale().map((value, i) => beta[i]! - mean[i]! * value);
  const store = (name: string, values: () => Float32Array) =>
    storeFloats(graph, `${node.name}/${name}`, type, [gamma.length, 1, 1], values);
  const product = emit(call, 'Mul', [x, store('scale', scale)], { part: 'Mul' });
  return emit(call, 'Add', [product, store('offset', offset)]);
}

/** `Softmax` and `LogSoftmax` over the channels. */
export const overChannels =
  (op: 'Softmax' | 'LogSoftmax'): Converter =>
  (call) => {
    const [x] = call.inputs as [Value];
    const layout = isChannelsFirst(x) ? 'channelsFirst' : 'plain';
    const { name, shape } = tensor(call, x, layout);
    const attributes = { axis: attribute.int(layout === 'plain' ? -1 : 1) };
    return result(call, emit(call, op, [name], { attributes }), layout, x.shape, { tensorShape: shape });
  };
