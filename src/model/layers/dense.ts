import { InputError } from '../../errors.js';
import { initializer } from '../initializers.js';
import { activate } from './activation.js';
import { type LayerBuilder, number, single, T } from './layer.js';

/** `Dense`: x kernel + bias, kernel `[features, units]`. */
export const dense: LayerBuilder = (call) => {
  const { fragment: f, config, name } = call;
  const { output: x, shape } = single(call);
  if (shape.length !== 1) throw new InputError(`Layer '${name}' takes [features], received [${shape}].`);
  const units = number(config.units, 0);
  const kernel = call.weight('kernel', [shape[0]!, units], {
    initializer: initializer(config.kernel_initializer, 'glorotUniform'),
  });
  let output = f.op('MatMul', [x, kernel], T);
  if (config.use_bias ?? true) {
    const bias = call.weight('bias', [units], { initializer: initializer(config.bias_initializer, 'zeros') });
    output = f.op('BiasAdd', [output, bias], T);
  }
  return activate(call, { output, shape: [units] }, config.activation);
};
